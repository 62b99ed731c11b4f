"""A fuzzer for OpenAPI documents: sends what fits the schema and what does not, and believes no answer outside it."""

import contextlib
from collections.abc import Mapping
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as limits
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

# Its own list of refusals knows neither what is too long nor what is too large.
REFUSALS = ["400", "401", "403", "404", "409", "413", "414", "415", "422", "429", "431", "503"]


def attack_all(
    url: str,
    document: dict[str, Any],
    token: str,
    *,
    leaving_out: str,
    examples: int = 10,
    known: Mapping[str, str] | None = None,
) -> int:
    """Attack every operation of a document; gives how many there were.

    Args:
        url: where the application answers.
        document: its OpenAPI document.
        token: an access token of somebody who may do much.
        leaving_out: a pattern of paths that are not attacked.
        examples: how many requests per operation, of what fits and of what does not.
        known: values of path parameters that exist, used for every other request that fits.
    """
    config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
    schema = schemathesis.openapi.from_dict(document, config=config)
    count = 0
    for result in schema.exclude(path_regex=leaving_out).get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        count += 1
        for mode in GenerationMode:
            turns = iter(range(1_000_000))

            @limits(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def attack(case: schemathesis.Case[Any]) -> None:
                if mode is GenerationMode.POSITIVE and next(turns) % 2:  # noqa: B023 - called before the next turn
                    for name in case.path_parameters or {}:
                        case.path_parameters[name] = (known or {}).get(name, case.path_parameters[name])
                # No schema can say which opaque cursors a list has made, or which rule the data will keep.
                case.call_and_validate(
                    base_url=url,
                    headers={"Authorization": f"Bearer {token}"},
                    excluded_checks=[positive_data_acceptance],
                )

            # An operation that takes nothing cannot be sent anything wrong.
            with contextlib.suppress(Unsatisfiable):
                attack()
    return count
