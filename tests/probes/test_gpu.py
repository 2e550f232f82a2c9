"""GPUs through the real binding, over a driver's library that is made for the test."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

LIBRARY = r"""
#include <string.h>
typedef struct { unsigned int gpu, memory; } rates_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int pid; unsigned long long at; unsigned int sm, mem, enc, dec; } use_t;
static unsigned long long energy = 1000;
int nvmlInit_v2(void) { return FAIL_INIT; }
int nvmlInitWithFlags(unsigned int flags) { return FAIL_INIT; }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { return "made for the test"; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = DEVICES; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) {
  *device = (void *)(unsigned long)(index + 1); return 0; }
int nvmlDeviceGetName(void *device, char *name, unsigned int length) {
  strncpy(name, "Test GPU", length); return 0; }
int nvmlDeviceGetUtilizationRates(void *device, rates_t *rates) {
  rates->gpu = 60; rates->memory = 10; return 0; }
int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
  memory->total = 100; memory->free = 58; memory->used = 42; return 0; }
int nvmlDeviceGetPowerUsage(void *device, unsigned int *milliwatts) {
  *milliwatts = 250000; return 0; }
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules) {
  *millijoules = energy; energy += 500; return 0; }
int nvmlDeviceGetProcessUtilization(
    void *device, use_t *uses, unsigned int *count, unsigned long long since) {
  if (PROCESSES == 3) return 3;          /* not supported: MIG */
  if (*count < 2) { *count = 2; return 7; }
  if (since >= 4) return 6;              /* nothing new */
  *count = 2;
  uses[0] = (use_t){ OURS, since + 1, 50, 0, 0, 0 };
  uses[1] = (use_t){ 999999, since + 2, 30, 0, 0, 0 };
  return 0; }
"""
READ = """
import dataclasses, json
from agentaudit.probes.gpu import Gpus
gpus = Gpus()
seconds = (1, 2, 3)
records = [one for at in seconds for one in gpus.read(at * 1_000_000_000, {4711})]
records += gpus.energy()
text = [[type(record).__name__, dataclasses.asdict(record)] for record in records]
print(json.dumps([gpus.names, gpus.note, text]))
gpus.close()
"""
Read = Callable[..., tuple[list[str], str, list[tuple[str, dict[str, object]]]]]


@pytest.fixture
def read(tmp_path: Path, needs: Callable[[str, str], str]) -> Read:
    """What our probe says of a driver that behaves as asked."""
    compiler = needs("gcc", "gcc")

    def asked(
        **choices: int,
    ) -> tuple[list[str], str, list[tuple[str, dict[str, object]]]]:
        defined = {"FAIL_INIT": 0, "DEVICES": 1, "PROCESSES": 0, "OURS": 4711, **choices}
        source = tmp_path / "nvml.c"
        source.write_text(LIBRARY)
        flags = [f"-D{name}={value}" for name, value in defined.items()]
        library = str(tmp_path / "libnvidia-ml.so.1")
        subprocess.run([compiler, "-shared", "-fPIC", *flags, "-o", library, source], check=True)
        environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
        run = subprocess.run(
            [sys.executable, "-c", READ], env=environment, capture_output=True, check=True
        )
        names, note, records = json.loads(run.stdout)
        return names, note, records

    return asked


def test_devices_are_read_with_our_share(read: Read) -> None:
    names, note, records = read()

    assert (names, note) == (["Test GPU"], "")
    kinds = ["GpuSample", "GpuSample", "GpuProcessTime", "GpuSample", "EnergyReading"]
    assert [kind for kind, _ in records] == kinds
    first, second, used, third, energy = (record for _, record in records)
    assert (first["busy"], first["memory_bytes"], first["power_watts"]) == (0.6, 42, 250.0)
    assert (first["ours"], second["ours"], third["ours"]) == (0.5, 0.5, 0.0)
    assert (used["pid"], used["busy_ns"]) == (4711, 500_000_000)
    assert energy["joules"] == 0.5


def test_where_the_driver_names_no_processes_the_share_is_unknown(read: Read) -> None:
    _, _, records = read(PROCESSES=3)

    assert [record["ours"] for kind, record in records if kind == "GpuSample"] == [None] * 3


@pytest.mark.parametrize(
    ("choices", "note"),
    [
        ({"FAIL_INIT": 9}, "the NVIDIA driver does not answer"),
        ({"DEVICES": 0}, "lists no device"),
    ],
)
def test_no_gpu_is_said_with_its_reason(read: Read, choices: dict[str, int], note: str) -> None:
    names, said, records = read(**choices)

    assert (names, records) == ([], [])
    assert said.startswith("no GPU seen: ")
    assert note in said


def test_without_a_driver_there_is_no_gpu(tmp_path: Path) -> None:
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", READ], env=environment, capture_output=True, check=True
    )
    names, note, _ = json.loads(run.stdout)

    assert names or "libnvidia-ml" in note or "no device" in note
