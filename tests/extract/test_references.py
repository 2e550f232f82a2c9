"""What values of Terraform refer to."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.terraform.references import References, addresses_in, by_reference

ADDRESSES = ("aws_a.x", 'aws_a.x["eu.1"]', "aws_a.x[0]", "aws_a.x-y", "aws_a.xy", "aws_b.x")
PIECES = st.tuples(
    st.sampled_from(["${", " ", ":", "/", "data.", "-", "("]), st.sampled_from(ADDRESSES)
)
ENDS = st.sampled_from([".name", ".id}", "", "}", ".arn/*"])
TEXTS = st.lists(st.tuples(PIECES, ENDS), max_size=4).map(
    lambda pairs: "".join(f"{before}{address}{end}" for (before, address), end in pairs)
)


@dataclass(frozen=True)
class Resource:
    address: str
    title: str = ""


@given(TEXTS)
def test_an_address_is_found_wherever_an_attribute_of_it_is_asked_for(text: str) -> None:
    found = set(addresses_in(text))

    assert {each for each in ADDRESSES if f"{each}." in text} <= found


@given(TEXTS, st.permutations(ADDRESSES))
def test_of_several_the_one_declared_first_is_referred_to(text: str, order: list[str]) -> None:
    found = References([Resource(address) for address in order]).referred(text)
    known = [each for each in order if each in set(addresses_in(text))]

    assert (found.address if found else None) == next(iter(known), None)


@given(TEXTS)
def test_who_refers_is_found_by_what_it_refers_to(text: str) -> None:
    one = Resource("aws_c.z")

    assert by_reference([(text, one)]) == {each: [one] for each in addresses_in(text)}


def test_a_resource_with_a_count_is_referred_to_by_number() -> None:
    counted = References([Resource("aws_a.x")])
    each = References([Resource('aws_a.x["eu"]'), Resource('aws_a.x["us"]')])

    assert counted.referred("aws_a.x[0].id") == Resource("aws_a.x")
    assert each.referred('aws_a.x["us"].id') == Resource('aws_a.x["us"]')
    assert each.referred("aws_a.x[each.key].id") is None
    assert each.at("aws_a.x") == Resource('aws_a.x["eu"]')


def test_a_name_is_the_whole_of_a_text() -> None:
    named = References([Resource("aws_a.x", title="chat"), Resource("aws_a.y", title="chat")])

    assert named.named("chat") == Resource("aws_a.x", title="chat")
    assert named.named("chats") is None
    assert named.referred("chat") is None
