"""Chroma in memory: what is remembered, and what is found again."""

from itertools import count

import chromadb
import numpy as np
from chromadb.config import Settings
from ground import noted, serve

draws = np.random.default_rng(1)
client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False))
collection = client.create_collection("notes", embedding_function=None)
numbers = count()


def ask(_question):
    given = [draws.random((200, 128)).tolist() for _ in range(4)]
    asked = [draws.random((10, 128)).tolist() for _ in range(20)]
    with noted("memory_write"):
        for rows in given:
            collection.add(ids=[str(next(numbers)) for _ in rows], embeddings=rows)
    with noted("retrieval"):
        for rows in asked:
            collection.query(query_embeddings=rows, n_results=5)


serve(ask)
