"""
Comparison with SMOTE
=====================

Imbalanced handwritten digits: the training parts keep all rows of the digit 0 and fewer and
fewer of the others, down to 5; the test parts stay whole and balanced. Class weights cost
nothing and are the baseline for every sampler.
"""

# %%
# The comparison. Scaling and resampling happen inside the training part of each fold.
import tempfile
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

from skmiaug.evaluation import (
    ImbalancedTrainingSplit,
    compare_samplers,
    format_comparison,
    plot_comparison,
)

X, y = load_digits(return_X_y=True)
fractions = [1.0, 0.5, 0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.04, 0.04]
cv = ImbalancedTrainingSplit(StratifiedKFold(3, shuffle=True, random_state=0), fractions)
results = compare_samplers(
    X,
    y,
    ["none", "weights", "random", "smote", "migan"],
    ["logistic", "svm"],
    cv=cv,
)
print(format_comparison(results))

# %%
# Each dot is a fold; the diamond is the mean. ``plot_comparison`` opens no window and
# writes the figure to a file.
path = Path(tempfile.gettempdir()) / "compare_with_smote.png"
figure = plot_comparison(results, path, title="Imbalanced digits")
print("written:", path)
