"""The one schedule table."""

from config.celery import SCHEDULE, app, beat_schedule


def test_every_scheduled_job_exists() -> None:
    app.loader.import_default_modules()

    assert {job.task for job in SCHEDULE.values()} <= set(app.tasks)


def test_a_nudge_expires_when_the_next_one_is_due() -> None:
    for entry in beat_schedule(SCHEDULE).values():
        assert entry["options"]["expires"] == entry["schedule"]


def test_jobs_run_without_a_result_backend_and_are_taken_on_receipt() -> None:
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result is True
    assert app.conf.task_acks_late is False
