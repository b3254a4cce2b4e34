"""The Python half of the peer protocol (../README.md): JSON lines in, JSON lines out."""

import json
import sys
import time

POOL = 8  # different batches, taken in turn
LEARNING_RATE = 1e-3
EPSILON = 1e-7  # Keras' default, which Fathom uses
CLASSES = 10


def missing(error):
    print(json.dumps({"missing": str(error).split("\n")[0]}), flush=True)
    sys.exit(0)


def serve(info, setup):
    """`setup` gives a function that does one step and returns a number, so that no work is put off."""
    steps = {}
    for line in sys.stdin:
        message = json.loads(line)
        command = message["cmd"]
        try:
            if command == "info":
                answer = info()
            elif command == "setup":
                steps[message["id"]] = setup(message)
                answer = {"ready": True}
            elif command == "run":
                answer = timed(steps[message["id"]], message["steps"], message.get("warmup", 0))
            elif command == "clear":
                steps.clear()
                answer = {"ready": True}
            else:
                raise ValueError(f"unknown command {command!r}")
        except Exception as error:  # every failure becomes a line the driver can print
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        print(json.dumps(answer), flush=True)


def timed(step, steps, warmup):
    value = None
    for _ in range(warmup):
        value = step()
    ms = []
    for _ in range(steps):
        start = time.perf_counter()
        value = step()
        ms.append((time.perf_counter() - start) * 1000)
    return {"ms": ms, "value": float(value)}
