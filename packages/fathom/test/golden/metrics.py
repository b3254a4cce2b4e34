"""Makes data/metrics.json with Keras and scikit-learn; run it by hand, offline, and commit what it writes.

    KERAS_BACKEND=torch python metrics.py

Predictions, targets and weights come from seeds, as in generate.py; both sides compute them. Keras gets them batch by
batch, the last batch smaller; scikit-learn gets all of them at once. Results are float64.
"""

import keras
import numpy as np
import sklearn
from sklearn import metrics as scores

import generate
from generate import labels, seeded

keras.config.set_floatx("float64")
generate.VERSIONS.update({"keras": keras.__version__, "scikit-learn": sklearn.__version__})

SAMPLES, BATCH, CLASSES = 53, 16, 4


def grid(seed, shape, levels):
    """Scores on a grid, so that many are equal; exact in float32 where `levels` is a power of 2."""
    return np.floor(seeded(seed, shape, 0.0, 1.0).astype(np.float64) * levels) / levels


LABELS = labels(401, SAMPLES, CLASSES)
ONE_HOT = np.eye(CLASSES)[LABELS]
YES = (seeded(402, (SAMPLES, 1), 0.0, 1.0) > 0.6).astype(np.float64)
MANY = (seeded(403, (SAMPLES, CLASSES), 0.0, 1.0) > 0.7).astype(np.float64)
NUMBERS = seeded(404, (SAMPLES, 3), 90.0, 110.0).astype(np.float64)
WEIGHTS = grid(405, (SAMPLES,), 4)  # zeros among them

# Right answers get higher scores, so that the figures are no accidents; sums of exact numbers stay exact.
CLASS_SCORES = grid(406, (SAMPLES, CLASSES), 256) * 0.5 + ONE_HOT * 0.25 + grid(416, (SAMPLES, CLASSES), 4096) / 1024
YES_SCORES = grid(407, (SAMPLES, 1), 16) * 0.75 + YES * 0.1875
MANY_SCORES = grid(408, (SAMPLES, CLASSES), 32) * 0.75 + MANY * 0.1875
CLOSE = NUMBERS + seeded(409, (SAMPLES, 3), -4.0, 4.0).astype(np.float64)
CLOSE = CLOSE.astype(np.float32).astype(np.float64)

DATA = {
    "labels": (LABELS, CLASS_SCORES),
    "oneHot": (ONE_HOT, CLASS_SCORES),
    "yes": (YES, YES_SCORES),
    "many": (MANY, MANY_SCORES),
    "numbers": (NUMBERS, CLOSE),
}


def with_keras(metric, data, weighted):
    targets, predictions = DATA[data]
    for start in range(0, SAMPLES, BATCH):
        part = slice(start, start + BATCH)
        weights = WEIGHTS[part] if weighted else None
        metric.update_state(targets[part], predictions[part], sample_weight=weights)
    return np.asarray(keras.ops.convert_to_numpy(metric.result()), dtype=np.float64)


def keras_cases():
    f64 = {"dtype": "float64"}
    m = keras.metrics
    for weighted in (False, True):
        for name, options, data, metric in [
            ("binaryAccuracy", {}, "many", lambda: m.BinaryAccuracy(**f64)),
            ("binaryAccuracy", {"threshold": 0.3}, "many", lambda: m.BinaryAccuracy(threshold=0.3, **f64)),
            ("categoricalAccuracy", {}, "oneHot", lambda: m.CategoricalAccuracy(**f64)),
            ("sparseCategoricalAccuracy", {}, "labels", lambda: m.SparseCategoricalAccuracy(**f64)),
            ("topKCategoricalAccuracy", {"k": 2}, "oneHot", lambda: m.TopKCategoricalAccuracy(k=2, **f64)),
            ("sparseTopKCategoricalAccuracy", {"k": 3}, "labels", lambda: m.SparseTopKCategoricalAccuracy(k=3, **f64)),
            ("precision", {}, "yes", lambda: m.Precision(**f64)),
            ("precision", {"threshold": 0.7}, "many", lambda: m.Precision(thresholds=0.7, **f64)),
            ("recall", {}, "yes", lambda: m.Recall(**f64)),
            ("recall", {"threshold": 0.7}, "many", lambda: m.Recall(thresholds=0.7, **f64)),
            ("f1Score", {}, "oneHot", lambda: m.F1Score(**f64)),
            ("f1Score", {"average": "micro"}, "oneHot", lambda: m.F1Score(average="micro", **f64)),
            ("f1Score", {"average": "macro"}, "oneHot", lambda: m.F1Score(average="macro", **f64)),
            ("f1Score", {"average": "weighted"}, "oneHot", lambda: m.F1Score(average="weighted", **f64)),
            ("f1Score", {"threshold": 0.4}, "many", lambda: m.F1Score(threshold=0.4, **f64)),
            ("meanSquaredError", {}, "numbers", lambda: m.MeanSquaredError(**f64)),
            ("meanAbsoluteError", {}, "numbers", lambda: m.MeanAbsoluteError(**f64)),
            ("rootMeanSquaredError", {}, "numbers", lambda: m.RootMeanSquaredError(**f64)),
            ("meanAbsolutePercentageError", {}, "numbers", lambda: m.MeanAbsolutePercentageError(**f64)),
            ("meanSquaredLogarithmicError", {}, "numbers", lambda: m.MeanSquaredLogarithmicError(**f64)),
            ("cosineSimilarity", {}, "numbers", lambda: m.CosineSimilarity(**f64)),
            ("binaryCrossentropy", {}, "many", lambda: m.BinaryCrossentropy(**f64)),
            ("categoricalCrossentropy", {}, "oneHot", lambda: m.CategoricalCrossentropy(**f64)),
            (
                "categoricalCrossentropy",
                {"fromLogits": True, "labelSmoothing": 0.1},
                "oneHot",
                lambda: m.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, **f64),
            ),
        ]:
            yield case("keras", name, options, data, weighted, with_keras(metric(), data, weighted))


def sklearn_cases():
    answers = CLASS_SCORES.argmax(-1)
    for weighted in (False, True):
        w = {"sample_weight": WEIGHTS if weighted else None}
        for average in ("micro", "macro", "weighted", "none"):
            kind = {"average": None if average == "none" else average, "zero_division": 0, **w}
            options = {"average": average, "threshold": None}
            for name, score in [
                ("precision", scores.precision_score),
                ("recall", scores.recall_score),
                ("f1Score", scores.f1_score),
            ]:
                yield case("sklearn", name, options, "labels", weighted, score(LABELS, answers, **kind))
            kind = {"average": kind["average"], **w}
            for curve, score in [("ROC", scores.roc_auc_score), ("PR", scores.average_precision_score)]:
                options = {"curve": curve, "average": average}
                yield case("sklearn", "auc", options, "many", weighted, score(MANY, MANY_SCORES, **kind))
                yield case("sklearn", "auc", options, "labels", weighted, score(ONE_HOT, CLASS_SCORES, **kind))
        yield case("sklearn", "auc", {}, "yes", weighted, scores.roc_auc_score(YES, YES_SCORES, **w))
        pr = scores.average_precision_score(YES, YES_SCORES, **w)
        yield case("sklearn", "auc", {"curve": "PR"}, "yes", weighted, pr)
        yield case("sklearn", "confusionMatrix", {}, "labels", weighted, scores.confusion_matrix(LABELS, answers, **w))
        binary = scores.confusion_matrix(YES, YES_SCORES > 0.5, **w)
        yield case("sklearn", "confusionMatrix", {}, "yes", weighted, binary)
        for ours, theirs in [
            ("uniformAverage", "uniform_average"),
            ("varianceWeightedAverage", "variance_weighted"),
            ("none", "raw_values"),
        ]:
            value = scores.r2_score(NUMBERS, CLOSE, multioutput=theirs, **w)
            yield case("sklearn", "r2Score", {"classAggregation": ours}, "numbers", weighted, value)


def case(peer, name, options, data, weighted, value):
    value = np.asarray(value, dtype=np.float64)
    return {"peer": peer, "name": name, "options": options, "data": data, "weighted": weighted, "value": value.tolist()}


def curves():
    for weighted in (False, True):
        w = {"sample_weight": WEIGHTS if weighted else None}
        false, true, thresholds = scores.roc_curve(YES, YES_SCORES, drop_intermediate=False, **w)
        precision, recall, steps = scores.precision_recall_curve(YES, YES_SCORES, **w)
        yield {
            "weighted": weighted,
            "falsePositiveRate": false.tolist(),
            "truePositiveRate": true.tolist(),
            "thresholds": thresholds[1:].tolist(),  # the first is infinite
            # scikit-learn goes from the lowest threshold to the highest.
            "precision": precision[::-1].tolist(),
            "recall": recall[::-1].tolist(),
            "steps": steps[::-1].tolist(),
        }


if __name__ == "__main__":
    sizes = {"samples": SAMPLES, "batch": BATCH, "classes": CLASSES}
    cases = [*keras_cases(), *sklearn_cases()]
    generate.write("metrics.json", {**sizes, "cases": cases, "curves": list(curves())})
