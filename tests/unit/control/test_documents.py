"""The cache of what outputs hold."""

from tests.unit.control.fake_client import FakeClient
from tests.unit.control.known import publishing
from tests.unit.examples import body, meta
from tracardi_operator.api.names import ANNOTATION_REVISION
from tracardi_operator.control.consumers.documents import Documents
from tracardi_operator.control.inputs import encode_base64
from tracardi_operator.control.store import Store
from tracardi_operator.kube.kinds import SECRETS
from tracardi_operator.kube.meta import ObjectMeta
from tracardi_operator.plan import Observed


def output(revision: int, version: int = 10) -> Observed:
    return Observed(meta(version=version, annotations={ANNOTATION_REVISION: str(revision)}))


def stored(api: FakeClient, document: str) -> Observed:
    body = api.put(SECRETS, "out", {"data": encode_base64({"credentials.json": document})})
    return Observed(ObjectMeta.decode(body["metadata"]))


def known(api: FakeClient) -> tuple[Documents, Store]:
    store = Store(lambda record: None)
    return Documents(api, store), store


def test_another_revision_is_another_document() -> None:
    """Another replica, which led meanwhile, may have written it."""
    documents, _ = known(FakeClient())
    documents.offer(output(revision=1), '{"token": "a"}')
    assert documents.find(output(revision=2)) is None


def test_a_label_that_somebody_put_on_an_output_makes_no_other_document() -> None:
    documents, _ = known(FakeClient())
    documents.offer(output(revision=1, version=10), '{"token": "a"}')
    assert documents.find(output(revision=1, version=11)) == {"token": "a"}


def test_of_an_output_only_the_latest_document_is_kept_and_of_one_that_is_gone_none() -> None:
    documents, _ = known(FakeClient())
    for revision in (1, 2):
        documents.offer(output(revision), '{"token": "a"}')
    assert [bool(documents.find(output(revision))) for revision in (1, 2)] == [False, True]
    documents.forget(output(2).meta.uid)
    assert documents.find(output(2)) is None


async def test_what_was_read_once_is_known() -> None:
    api = FakeClient()
    (documents, _), there = known(api), stored(api, '{"token": "a"}')
    assert await documents.read(there) == documents.find(there) == {"token": "a"}


async def test_an_output_that_is_no_longer_as_it_is_known_is_not_taken_and_the_store_learns_of_it() -> None:
    api = FakeClient()
    (documents, store), there = known(api), stored(api, '{"token": "a"}')
    store.take_in(body(spec=publishing("out")))
    later = stored(api, '{"token": "b"}')
    assert (await documents.read(there), documents.find(there)) == (None, None)
    assert store.output("ns", "out") == later
    api.remove(SECRETS, "out")
    assert await documents.read(later) is None
    assert store.output("ns", "out") is None


async def test_an_output_that_holds_no_document_gives_nothing() -> None:
    api = FakeClient()
    (documents, _), there = known(api), stored(api, "[]")
    assert await documents.read(there) is None
