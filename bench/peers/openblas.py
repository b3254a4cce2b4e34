"""OpenBLAS, as numpy's wheels bring it; the driver sets its number of threads before the process starts."""

from serve import missing, serve

try:
    import numpy
except ImportError as error:
    missing(error)


def blas():
    """Name and version of what numpy multiplies with; other builds of numpy have other libraries."""
    found = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


if "openblas" not in blas():
    missing(f"numpy {numpy.__version__} multiplies with {blas()}")


def setup(message):
    if message.get("kind") != "matmul":
        raise ValueError("OpenBLAS multiplies matrices only")
    size = message["size"]
    random = numpy.random.default_rng(1)
    a, b = (random.random((size, size), numpy.float32) for _ in range(2))
    out = numpy.empty((size, size), numpy.float32)

    def step():
        numpy.matmul(a, b, out=out)
        return out[0, 0]

    return step


serve(lambda: {"name": "OpenBLAS", "version": blas(), "variants": {}}, setup)
