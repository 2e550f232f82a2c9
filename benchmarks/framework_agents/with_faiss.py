"""FAISS: what is found again."""

import faiss
import numpy as np
from ground import noted, serve

faiss.omp_set_num_threads(1)
draws = np.random.default_rng(1)
index = faiss.IndexFlatL2(256)
index.add(draws.random((20_000, 256), dtype="float32"))


def ask(_question):
    asked = draws.random((64, 256), dtype="float32")
    with noted("retrieval"):
        for _ in range(10):
            index.search(asked, 5)


serve(ask)
