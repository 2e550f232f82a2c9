"""Metrics of servers: real exporters, and those that mean harm."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from agentaudit.model.observed import EndpointSample
from agentaudit.model.trace import EnergyReading, GpuSample, Incident
from agentaudit.probes.endpoints import scraping
from agentaudit.probes.endpoints.observer import Endpoint, Endpoints, Seen
from agentaudit.probes.endpoints.scraping import Address, ScrapeError, Scraper, address_of
from agentaudit.probes.endpoints.server_metrics import SERVERS, gpus_in, metrics_in, servers_in

VLLM = """
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 7.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75
vllm:prompt_tokens_total{engine="0",model_name="m"} 1.2e+06
vllm:generation_tokens_total{engine="0",model_name="m"} 3400.0
vllm:request_success_total{finished_reason="stop",model_name="m"} 40.0
vllm:request_success_total{finished_reason="length",model_name="m"} 2.0
vllm:request_inference_time_seconds_bucket{le="0.3",model_name="m"} 1.0
vllm:request_inference_time_seconds_sum{engine="0",model_name="m"} 88.5
vllm:request_queue_time_seconds_sum{engine="0",model_name="m"} 4.5
vllm:request_prefill_time_seconds_sum{engine="0",model_name="m"} 8.5
vllm:request_decode_time_seconds_sum{engine="0",model_name="m"} 80.0
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 1.0e+06
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 6.0e+05
"""
SGLANG = """
sglang:num_running_reqs{model_name="m"} 161.0
sglang:num_queue_reqs{model_name="m"} 2826.0
sglang:token_usage{model_name="m"} 0.28
sglang:prompt_tokens_total{model_name="m"} 8.128902e+06
sglang:generation_tokens_total{model_name="m"} 7.557572e+06
sglang:e2e_request_latency_seconds_count{model_name="m"} 11228.0
"""
LLAMA = """
llamacpp:prompt_tokens_total 33065
llamacpp:prompt_seconds_total 235.75
llamacpp:tokens_predicted_total 7801
llamacpp:tokens_predicted_seconds_total 100.25
llamacpp:requests_processing 1
llamacpp:requests_deferred 0
"""
DCGM = """
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-604a",device="nvidia0",pod="a"} 60
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-604a",device="nvidia0",pod="b"} 60
DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-604a",device="nvidia0"} 1024
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-604a",device="nvidia0"} 250.5
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-604a",device="nvidia0"} 9223372036
DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-77aa",device="nvidia1",GPU_I_ID="3"} 0
DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="1",UUID="GPU-77aa",device="nvidia1",GPU_I_ID="3"} 0.5
DCGM_FI_DEV_FB_USED{gpu="1",UUID="GPU-77aa",device="nvidia1",GPU_I_ID="3"} 9223372036854775794
"""


def samples(page: str) -> list[EndpointSample]:
    return list(servers_in(metrics_in(page), 5, "http://h/metrics"))


def test_what_vllm_says_is_summed_over_its_engines() -> None:
    assert samples(VLLM) == [
        EndpointSample(
            at_ns=5,
            endpoint="http://h/metrics",
            server="vllm",
            running=5.0,
            waiting=7.0,
            kv_cache_usage=0.5,
            prompt_tokens=1_200_000.0,
            generated_tokens=3400.0,
            inference_s=88.5,
            queue_s=4.5,
            requests=42.0,
            prefill_s=8.5,
            decode_s=80.0,
            cached_tokens=600_000.0,
            cacheable_tokens=1_000_000.0,
        )
    ]


def test_what_is_not_exported_is_unknown() -> None:
    (sample,) = samples(SGLANG)

    assert (sample.server, sample.running, sample.waiting) == ("sglang", 161.0, 2826.0)
    assert (sample.requests, sample.inference_s, sample.queue_s) == (11228.0, None, None)


def test_llamacpp_infers_while_it_reads_and_while_it_writes() -> None:
    (sample,) = samples(LLAMA)

    assert (sample.server, sample.inference_s, sample.running) == ("llama.cpp", 336.0, 1.0)


def test_one_page_may_tell_of_several_servers() -> None:
    assert [one.server for one in samples(VLLM + SGLANG)] == ["vllm", "sglang"]


def test_dcgm_tells_of_each_device_once_and_what_it_does_not_know_is_unknown() -> None:
    whole, instance = gpus_in(metrics_in(DCGM))

    assert (whole.device, whole.busy, whole.memory_bytes) == ("0", 0.6, 2**30)
    assert (whole.power_watts, whole.energy_mj) == (250.5, 9223372036.0)
    assert (instance.device, instance.busy) == ("1, instance 3", 0.5)
    assert (instance.memory_bytes, instance.energy_mj) == (None, None)


def test_names_of_metrics_stand_for_one_field_each() -> None:
    names = [
        metric
        for server in SERVERS
        for field in ("running", "waiting", "kv_cache_usage", "inference_s", "queue_s")
        for metric in getattr(server, field)
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-1", "-Inf"])
def test_numbers_that_cannot_be_are_not_taken(value: str) -> None:
    assert samples(f"vllm:num_requests_running {value}\n") == []
    assert not list(gpus_in(metrics_in(f'DCGM_FI_DEV_GPU_UTIL{{gpu="0"}} {value}\n')))


@pytest.mark.parametrize(
    "page",
    [
        "vllm:num_requests_running x\n",
        "vllm:num_requests_running{\n",
        'vllm:num_requests_running{a="} 1\n',
        "vllm:num_requests_running\n",
        "vllm:num_requests_running " + "1" * 5000 + "\n",
        "vllm:num_requests_running 1\n" * 10_001,
    ],
)
def test_what_is_no_page_of_metrics_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="it "):
        metrics_in(page)


@given(st.text(st.sampled_from('{}="\\,# \t1.eN+-_a\r\x00é')))
def test_whatever_follows_a_name_is_read_or_refused(rest: str) -> None:
    with suppress(ValueError):
        metrics_in(f"vllm:num_requests_running{rest}\n")


def test_pages_are_shown_without_their_query() -> None:
    address = address_of("https://gpu.example:8443/metrics?token=secret")

    assert address.name == "https://gpu.example:8443/metrics"
    assert address.query == "token=secret"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/metrics"),
        ("http://h:8000/v1", "http://h:8000/metrics"),
        ("http://h:8000/v1/", "http://h:8000/metrics"),
        ("http://h/own/page", "http://h:80/own/page"),
        ("http://[::1]:9400/", "http://[::1]:9400/metrics"),
        ("https://h", "https://h:443/metrics"),
    ],
)
def test_as_much_of_an_address_as_is_needed(text: str, name: str) -> None:
    assert address_of(text).name == name


@pytest.mark.parametrize(
    "text",
    ["", "file:///etc/passwd", "http://u:p@h/metrics", "http://h:x/", "http://h/ a", "http://h/\n"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        address_of(text)


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[Address]:
    """A server that answers each connection as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                with suppress(OSError):
                    connection, _ = server.accept()
                    with connection:
                        connection.settimeout(5)
                        connection.recv(4096)
                        answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield address_of(f"127.0.0.1:{server.getsockname()[1]}")
        finally:
            stopped.set()
            thread.join()


def saying(text: str) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text.encode())


def page(text: str, *headers: str) -> str:
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "Connection: close", "", text])


def problem_with(answer: Callable[[socket.socket], None]) -> str:
    with answering(answer) as address, pytest.raises(ScrapeError) as problem:
        Scraper(address).fetch()
    return str(problem.value)


def test_a_page_is_fetched_whole() -> None:
    with answering(saying(page(VLLM))) as address:
        assert Scraper(address).fetch() == VLLM


def test_a_page_too_large_is_given_up() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(page("").encode())
        with suppress(OSError):
            for _ in count():
                connection.sendall(b"vllm:num_requests_running 1\n" * 4000)

    assert problem_with(endless) == "it answers with more than 4 MiB"


def test_a_page_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scraping, "LONGEST_S", 0.3)

    def slow(connection: socket.socket) -> None:
        connection.sendall(page("").encode())
        with suppress(OSError):
            for _ in count():
                connection.sendall(b"v")
                time.sleep(0.05)

    assert "takes longer" in problem_with(slow)


def test_silence_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scraping, "LONGEST_S", 0.2)

    assert "does not answer" in problem_with(lambda _: time.sleep(0.5))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", "redirect"),
        ("HTTP/1.1 404 Not Found\r\n\r\n", "status 404"),
        (page("x", "Content-Encoding: gzip"), "encoding"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        ("", "cannot be reached"),
    ],
)
def test_other_answers_are_refused_in_words(answer: str, problem: str) -> None:
    assert problem in problem_with(saying(answer))


def test_what_does_not_listen_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = address_of(f"127.0.0.1:{server.getsockname()[1]}")

    with pytest.raises(ScrapeError, match="cannot be reached"):
        Scraper(address).fetch()


def test_a_certificate_is_wanted_where_it_is_promised() -> None:
    with answering(saying(page(VLLM))) as address, pytest.raises(ScrapeError):
        Scraper(address_of(f"https://{address.place}")).fetch()


def test_who_says_a_little_now_and_then_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scraping, "LONGEST_S", 0.2)

    def dripping(connection: socket.socket) -> None:
        with suppress(OSError):
            for letter in "HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 90:
                connection.sendall(letter.encode())
                time.sleep(0.05)

    with answering(dripping) as address:
        scraper = Scraper(address)
        stopped = threading.Event()

        def watch() -> None:
            while not stopped.is_set():
                scraper.stop_when_late()
                time.sleep(0.01)

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            with pytest.raises(ScrapeError):
                scraper.fetch()
        finally:
            stopped.set()
            watching.join()


@pytest.fixture
def exporter() -> Iterator[tuple[Address, CollectorRegistry]]:
    """A real exporter, on a free port."""
    registry = CollectorRegistry()
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    yield address_of(f"127.0.0.1:{server.server_port}"), registry
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_real_exporter_is_read_each_second(
    exporter: tuple[Address, CollectorRegistry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentaudit.probes.endpoints.observer._EVERY_S", 0.05)
    address, registry = exporter
    Gauge("vllm:num_requests_running", "…", ["model_name"], registry=registry).labels("m").set(3)
    tokens = Counter("vllm:prompt_tokens", "…", ["model_name"], registry=registry).labels("m")
    inference = Histogram("vllm:request_inference_time_seconds", "…", registry=registry)
    energy = Gauge("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "…", ["gpu"], registry=registry)
    energy.labels("0").set(5000)
    Gauge("DCGM_FI_DEV_GPU_UTIL", "…", ["gpu"], registry=registry).labels("0").set(60)
    endpoints = Endpoints([address])
    seen: list[Seen] = []
    for _ in range(3):
        tokens.inc(100)
        inference.observe(2.5)
        energy.labels("0").inc(1500)
        seen += _until(endpoints, EndpointSample)
    seen += endpoints.close(0)

    told = [one for one in seen if isinstance(one, EndpointSample) and one.server == "vllm"]
    assert [one.running for one in told] == [3.0] * len(told)
    assert [one.prompt_tokens for one in told] == sorted(one.prompt_tokens or 0 for one in told)
    assert (told[-1].prompt_tokens or 0) >= 200
    assert {one.device for one in seen if isinstance(one, GpuSample)} == {1000}
    (reading,) = [one for one in seen if isinstance(one, EnergyReading)]
    assert reading.component == f"gpu 0 at {address.place}"
    assert 1.5 <= reading.joules <= 4.5
    assert endpoints.close(0) == ()
    assert endpoints.look(0, ()) == []


def _until(endpoints: Endpoints, kind: type) -> Sequence[Seen]:
    seen: list[Seen] = []
    while not any(isinstance(one, kind) for one in seen):
        seen += endpoints.look(0, ())
        time.sleep(0.005)
    return seen


def test_a_problem_is_told_once_and_again_after_it_was_gone() -> None:
    answers = iter(["HTTP/1.1 404 Not\r\n\r\n"] * 2 + [page(VLLM)] + ["HTTP/1.1 404 Not\r\n\r\n"])

    with answering(lambda connection: connection.sendall(next(answers).encode())) as address:
        endpoint = Endpoint(address, 0)
        told = [[type(one) for one in endpoint.scrape()] for _ in range(4)]

    looked = [EndpointSample]
    assert told == [[*looked, Incident], looked, looked, [*looked, Incident]]


def test_a_page_of_something_else_is_a_problem() -> None:
    with answering(saying(page("go_goroutines 8\n"))) as address:
        look, incident = Endpoint(address, 0).scrape()

    assert isinstance(look, EndpointSample)
    assert not look.readable
    assert isinstance(incident, Incident)
    assert address.name in incident.lost
    assert "exports nothing of vLLM" in incident.what


def test_a_counter_that_begins_again_takes_no_energy_back() -> None:
    pages = iter([5000, 7000, 1000, 1500])

    def answer(connection: socket.socket) -> None:
        line = f'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{gpu="0"}} {next(pages)}\n'
        connection.sendall(page(line).encode())

    with answering(answer) as address:
        endpoint = Endpoint(address, 0)
        told = [list(endpoint.scrape()) for _ in range(4)]

    joules = [one.joules for look in told for one in look if isinstance(one, EndpointSample)]
    assert joules == [0.0, 2.0, 2.0, 2.5]
    assert [one.joules for one in endpoint.energy()] == [2.5]


def test_no_more_devices_are_told_of_than_a_host_has() -> None:
    text = "".join(f'DCGM_FI_DEV_GPU_UTIL{{gpu="{number}"}} 1\n' for number in range(300))

    with answering(saying(page(text))) as address:
        seen = list(Endpoint(address, 1).scrape())

    devices = {one.device for one in seen if isinstance(one, GpuSample)}
    assert devices == set(range(2000, 2256))


def test_a_device_whose_driver_we_ask_is_not_counted_twice() -> None:
    with answering(saying(page(DCGM))) as address:
        endpoint = Endpoint(address, 0, read_here={"GPU-604a"})
        seen = list(endpoint.scrape())

    assert [one.busy for one in seen if isinstance(one, GpuSample)] == [0.5]
    assert not any(isinstance(one, Incident) for one in seen)
    assert not list(endpoint.energy())


def test_an_end_waits_for_no_server() -> None:
    release = threading.Event()
    asked = threading.Event()

    def hanging(_: socket.socket) -> None:
        asked.set()
        release.wait(10)

    with answering(hanging) as address:
        endpoints = Endpoints([address])
        endpoints.look(0, ())
        asked.wait(10)
        try:
            assert endpoints.close(0) == []
        finally:
            release.set()
