"""Texts rated by twenty people each (Hutto & Gilbert, ICWSM 2014), as sentence embeddings.

Tweets, and sentences of product reviews, film reviews and newspaper editorials, each with
its mean rating from -4 (extremely negative) to 4. They are in the source package of
vaderSentiment 0.5 (MIT licence), in an archive of its own.
"""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from skmiaug.feature_extraction import TransformerFeatures
from tests._helpers import minilm_folder

PACKAGE = Path("vaderSentiment-0.5.zip")
ARCHIVE = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"
BOUNDS = (-2.0, -0.8, 0.8, 2.0)


def read_texts(collection: str) -> tuple[list[str], np.ndarray]:
    """Return texts and mean ratings (n,) of "tweets" or the "...Snippets"."""
    archive = io.BytesIO(zipfile.ZipFile(PACKAGE).read(ARCHIVE))
    with tarfile.open(fileobj=archive) as files:
        member = files.extractfile(f"hutto_ICWSM_2014/{collection}_GroundTruth.txt")
        assert member is not None
        lines = member.read().decode("latin-1").splitlines()
    rows = [line.split("\t") for line in lines if line.count("\t") == 2]
    return [text for _, _, text in rows], np.array([float(row[1]) for row in rows])


def embedded_texts(collection: str) -> tuple[np.ndarray, np.ndarray]:
    """Return embeddings (n, 384) and five classes (n,), from negative to positive."""
    texts, rating = read_texts(collection)
    features = TransformerFeatures(model=str(minilm_folder()))
    return features.fit_transform(texts), np.digitize(rating, BOUNDS)
