"""Qdrant's client, in memory: what is remembered, and what is found again."""

from itertools import count

import numpy as np
from ground import noted, serve
from qdrant_client import QdrantClient
from qdrant_client.models import Distance, PointStruct, VectorParams

draws = np.random.default_rng(1)
numbers = count()
client = QdrantClient(":memory:")
client.create_collection("notes", vectors_config=VectorParams(size=128, distance=Distance.COSINE))


def ask(_question):
    points = [PointStruct(id=next(numbers), vector=row) for row in draws.random((1000, 128))]
    asked = draws.random((40, 128)).tolist()
    with noted("memory_write"):
        client.upsert("notes", points)
    with noted("retrieval"):
        for row in asked:
            client.query_points("notes", query=row, limit=5)


serve(ask)
