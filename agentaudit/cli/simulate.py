"""`agentaudit simulate`: workloads under other schedules, a command a file: `simulate_…`."""

from agentaudit.cli.commands import command_group

app = command_group(
    {
        "scheduler": (
            "Replay a workload under COMB, MAS and their baselines, and say what to change."
        ),
        "policies": "List the policies: what each does, and where it comes from.",
        "sweep": (
            "Run a workload over arrivals, cores, policies, caps and seeds: all combinations."
        ),
        "validate": (
            "Run a workload on processes of this machine, and say how well simulation predicts it."
        ),
        "calibrate": "Measure a machine for simulations: this one, or one of a table of stages.",
    },
    files="agentaudit.cli.simulate_{}",
    add_completion=False,
    help="Ask what another schedule or another machine would do for the agent's latency.",
)
