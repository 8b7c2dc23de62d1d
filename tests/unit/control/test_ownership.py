"""Whose a Secret is decides what happens to it."""

from tests.unit.control.fake_client import writes
from tests.unit.control.world import (
    GET_INPUT,
    LOOK,
    OUTPUT,
    POST,
    STATUS,
    World,
    credentials,
    renamed,
)
from tests.unit.examples import TOKEN, owner
from tracardi_operator.kube.kinds import SECRETS


class TestSecretsOfOthers:
    async def test_a_stranger_that_is_known_is_not_even_read(self, world: World) -> None:
        world.secret(OUTPUT, token="mine")
        world.secret(token=TOKEN)
        world.resource()
        world.deliver()
        world.relist()
        requests = await world.run()
        assert (requests, world.reasons()) == ([GET_INPUT, STATUS], ["NameTaken"])

    async def test_a_stranger_that_nobody_told_of_is_found_by_the_write_that_it_refuses(self, world: World) -> None:
        world.secret(OUTPUT, token="mine")
        world.secret(token=TOKEN)
        world.resource()
        assert await world.run() == [GET_INPUT, POST, LOOK, STATUS]
        assert (world.token(OUTPUT), world.reasons()) == ("mine", ["NameTaken"])

    async def test_a_stranger_made_while_we_publish_is_left_alone(self, world: World) -> None:
        world.secret(token=TOKEN)
        world.resource()
        world.api.once("create", "secrets", before=lambda: world.secret(OUTPUT, token="mine"))
        await world.run()
        assert (world.token(OUTPUT), world.reasons()) == ("mine", ["NameTaken"])

    async def test_a_stranger_that_is_an_input_of_another_resource_is_recognised(self, world: World) -> None:
        world.secret("shared", token=TOKEN)
        world.resource("other", credentials=credentials("production", name="shared"))
        await world.run()
        world.secret(token=TOKEN)
        world.resource(output=renamed("shared"))
        await world.run()
        assert (world.reasons(), world.token("shared")) == (["NameTaken"], TOKEN)

    async def test_a_name_that_is_freed_is_taken(self, world: World) -> None:
        world.secret(OUTPUT, token="mine")
        world.secret(token=TOKEN)
        world.resource()
        await world.run()
        world.api.remove(SECRETS, OUTPUT)
        await world.run()
        assert (world.token(), world.ready().status) == (TOKEN, "True")

    async def test_the_output_of_a_namesake_that_was_deleted_is_not_taken_over(self, world: World) -> None:
        leftover = owner("uid-of-another").encode()
        world.api.put(SECRETS, OUTPUT, {"data": {}, "metadata": {"ownerReferences": [leftover]}})
        world.secret(token=TOKEN)
        world.resource()
        await world.run()
        assert (world.data(OUTPUT), world.reasons()) == ({}, ["NameTaken"])


class TestOutputsOfOurOwn:
    """One that fed on outputs could set off a circle of writes without end."""

    async def test_a_resource_does_not_take_from_its_own_output(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource(credentials=credentials("production", name=OUTPUT))
        assert list(writes(await world.run())) == [STATUS]
        assert (world.token(), world.reasons()) == (TOKEN, ["NotAllowed"])

    async def test_a_resource_does_not_take_from_the_output_of_another(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource("other", credentials={"production": {"secretRef": {"name": OUTPUT}}})
        await world.run()
        assert (world.ready("other").reason, world.data("other-production-resolved")) == ("NotAllowed", None)

    async def test_two_that_name_each_other_come_to_rest_and_keep_what_they_have(self, world: World) -> None:
        await world.published(TOKEN)
        world.resource("other")
        await world.run()
        world.resource(credentials=credentials("production", name="other-production-resolved"))
        world.resource("other", credentials=credentials("production", name=OUTPUT))
        assert all(line.endswith("/status") for line in writes(await world.run()))
        assert (world.token(), world.token("other-production-resolved")) == (TOKEN, TOKEN)
