#!/usr/bin/env python3
"""What NumPy and SciPy say of some samples, for the unit tests of src/analyze/compare, which then need neither.

    bench/statistics_fixtures.py

Writes src/analyze/compare/testdata/scipy.json, the same bytes at every run. Puts NumPy and SciPy into third_party/fixtures-python
(tools/pins-fixtures.txt) unless they are there.
"""

import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = os.path.join(ROOT, "third_party", "fixtures-python")
TARGET = os.path.join(ROOT, "src", "analyze", "compare", "testdata", "scipy.json")


def bring_packages():
    if not os.path.isdir(os.path.join(PACKAGES, "scipy")):
        pins = os.path.join(ROOT, "tools", "pins-fixtures.txt")
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--require-hashes", "--target", PACKAGES, "-r", pins], check=True)
    sys.path.insert(0, PACKAGES)


def samples(numpy):
    """Pairs of samples: small and larger, of unequal sizes, with ties, all equal but one."""
    random = numpy.random.default_rng(20261130)
    for n, m in [(3, 3), (5, 5), (5, 7), (8, 8), (8, 200), (9, 9), (10, 12), (18, 18), (72, 60), (400, 350)]:
        yield random.lognormal(4.6, 0.1, n), random.lognormal(4.65, 0.12, m)
    for n, m in [(6, 6), (20, 25), (50, 40)]:
        yield numpy.round(random.lognormal(1, 0.5, n)), numpy.round(random.lognormal(1.2, 0.5, m))
    yield numpy.array([1.0, 1, 1, 1, 2]), numpy.array([1.0, 1, 1, 1, 1, 1])


def rank_tests(numpy, stats):
    for a, b in samples(numpy):
        test = stats.mannwhitneyu(b, a)
        yield {"a": a.tolist(), "b": b.tolist(), "u": float(test.statistic), "p": float(test.pvalue),
               "delta": float((numpy.sign(b[:, None] - a[None, :])).mean())}


def signed_ranks(numpy, stats):
    random = numpy.random.default_rng(7)
    cases = [random.normal(0.3, 1, n) for n in (1, 5, 6, 12, 30, 50, 51, 120)]
    cases += [numpy.round(random.normal(0.5, 2, n)) for n in (15, 60)]
    for differences in cases:
        yield {"differences": differences.tolist(), "p": float(stats.wilcoxon(differences).pvalue)}


def orders(numpy, stats):
    random = numpy.random.default_rng(11)
    for n in (3, 5, 10, 30, 200):
        values = random.normal(100, 3, n) + 0.05 * numpy.arange(n)
        yield values
        yield numpy.round(values)
    yield numpy.arange(6.0)


def order_tests(numpy, stats):
    for values in orders(numpy, stats):
        test = stats.spearmanr(values, numpy.arange(len(values)))
        ranks = stats.rankdata(values) - (len(values) + 1) / 2
        yield {"values": values.tolist(), "rho": float(test.statistic), "p": float(test.pvalue),
               "autocorrelation": float((ranks[1:] * ranks[:-1]).sum() / (ranks * ranks).sum() + 1 / len(values))}


def medians(numpy, stats):
    random = numpy.random.default_rng(13)
    for n in (1, 2, 5, 6, 7, 10, 25, 59, 100, 1001):
        values = random.lognormal(3, 0.2, n)
        interval = stats.quantile_test(values, q=0, p=0.5).confidence_interval(0.95)
        ends = [float(interval.low), float(interval.high)]
        yield {"values": values.tolist(), "median": float(numpy.median(values)),
               "interval": None if numpy.isnan(ends).any() else ends}


def quantiles(numpy):
    random = numpy.random.default_rng(17)
    asked = [0, 0.025, 0.1, 0.5, 0.9, 0.95, 0.99, 1]
    for n in (1, 2, 3, 10, 99, 500):
        values = random.lognormal(3, 0.4, n)
        yield {"values": values.tolist(), "q": asked, "quantiles": numpy.quantile(values, asked).tolist()}


def main():
    bring_packages()
    import numpy
    import scipy
    from scipy import stats
    fixtures = {
        "made_by": f"bench/statistics_fixtures.py with NumPy {numpy.__version__} and SciPy {scipy.__version__}",
        "mannwhitneyu": list(rank_tests(numpy, stats)),
        "wilcoxon": list(signed_ranks(numpy, stats)),
        "spearmanr": list(order_tests(numpy, stats)),
        "median": list(medians(numpy, stats)),
        "quantile": list(quantiles(numpy)),
    }
    os.makedirs(os.path.dirname(TARGET), exist_ok=True)
    with open(TARGET, "w", encoding="ascii") as file:
        json.dump(fixtures, file, indent=None, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
