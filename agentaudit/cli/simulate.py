"""`agentaudit simulate`: workloads under other schedules, a command a file: `simulate_…`."""

from agentaudit.cli.commands import command_group

app = command_group(
    {
        "scheduler": "Replay a workload under COMB, MAS and their baselines.",
        "policies": "List the policies: what each does, and where it comes from.",
        "sweep": "Run all combinations of arrivals, machines, policies, caps.",
        "validate": "Run a workload on real processes, beside its prediction.",
        "calibrate": "Measure a machine for simulations: this one, or another.",
    },
    files="agentaudit.cli.simulate_{}",
    add_completion=False,
    help="What another schedule or machine would do for latency.",
)
