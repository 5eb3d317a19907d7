"""Every test here runs the product's code inside the model."""

from collections.abc import Iterator

import pytest

from tests.simulation.actors import product_in_the_model


@pytest.fixture(scope="module", autouse=True)
def _product_in_the_model() -> Iterator[None]:
    with product_in_the_model():
        yield
