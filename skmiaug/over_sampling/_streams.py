"""Numbers of the independent streams of randomness that one seed has.

Each is the ``stream`` of ``numpy_generator``. Another number gives other samples.
"""

FIT = 0
RESAMPLE = 1
MEASURE = 2
PLAN = 3
COVARIATES = 4
# Of the seeds from which ``sample`` and ``impute`` draw.
SAMPLE, IMPUTE = 8, 9
