import asyncio


def pytest_configure() -> None:
    # Asked for the current loop outside of any test, asyncio would make one that nobody closes (pytest-asyncio asks).
    asyncio.set_event_loop(None)
