"""Reading `/metrics` the way Prometheus does."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.gateway import Api

Labels = frozenset[tuple[str, str]]


class Numbers(dict[tuple[str, Labels], float]):
    """Samples by name and labels."""

    def of(self, name: str, **labels: str) -> float:
        """Return a number; 0 when it was never counted."""
        return self.get((name, frozenset(labels.items())), 0.0)


def read_numbers(text: str) -> Numbers:
    families = text_string_to_metric_families(text)
    return Numbers(
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }
    )


async def scrape(operator: Api) -> Numbers:
    answer = await operator.send("GET", "/metrics")
    assert answer.status == 200, answer
    return read_numbers(answer.body.decode())
