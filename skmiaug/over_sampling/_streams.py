"""Numbers of the sources of randomness of a fit, each with a generator of its own.

Each is the ``stream`` that ``numpy_generator`` and ``torch_generator`` take beside the
seed. They stand together so that a new one can be seen to be new. With another number,
a seed gives other rows.
"""

HOLD_OUT = 0
SUBSAMPLE = 1
FIRST_WEIGHTS = 2
BATCHES = 3
PROBE = 4
FOLDS = 5
LIKELY_CLASSES = 7
# Of the seeds from which ``sample`` and ``impute`` draw, which have streams of their own.
SAMPLE, IMPUTE = 8, 9
# Each class has one from here on, and for several modalities each set that is given.
DRAWS = 1000
GIVEN_DRAWS = 2**40
GIVEN_SETS_SHIFT = 41
# Which real parts the made ones are combined with, one for each class from here on.
PARTNERS = 2**39
