"""What a batch costs at the end of a call, and what it therefore gains."""

from __future__ import annotations

from edge_server.backend.ray.price import with_calls


def test_jobs_that_run_one_after_the_other_still_share_a_call() -> None:
    cost = with_calls({1: 500.0}, 1000.0, 16)
    assert cost.sizes == (1, 2, 4, 8)
    assert cost.single_us == 1500.0
    # Seven calls are saved.
    assert cost.saved_us(8) == 7 * 1000.0


def test_a_batch_that_would_keep_its_first_job_waiting_is_not_made() -> None:
    assert with_calls({1: 3000.0}, 1000.0, 16).sizes == (1,)
    assert with_calls({1: 2000.0}, 1000.0, 16).sizes == (1, 2)


def test_invocations_that_gain_by_themselves_are_kept_whatever_they_take() -> None:
    cost = with_calls({1: 1000.0, 8: 6000.0}, 100.0, 8)
    assert cost.sizes == (1, 2, 4, 8)
    assert cost.saved_us(8) == 8 * 1100.0 - 6100.0


def test_no_batch_is_larger_than_allowed() -> None:
    assert with_calls({1: 1.0}, 100.0, 4).sizes == (1, 2, 4)
    assert with_calls({1: 1.0}, 100.0, 1).sizes == (1,)
