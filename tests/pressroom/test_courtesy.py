"""Readers come first: whoever sends rests while many are answered, and only then."""

from pressroom.courtesy import MANY, REST, WINDOW, Courtesy


class Web:
    """A server that has given so many answers at a time that we say."""

    def __init__(self) -> None:
        self.time = 100.0
        self.answers = 0
        self.asked = 0

    def answered(self) -> int:
        self.asked += 1
        return self.answers

    def goes_on(self, seconds: float, rate: float) -> None:
        self.time += seconds
        self.answers += int(seconds * rate)


def test_mails_rest_while_readers_are_many_and_go_on_when_they_are_few() -> None:
    web = Web()
    courtesy = Courtesy(web.answered, lambda: web.time)
    assert courtesy() == 0.0
    web.goes_on(1.0, MANY / 2)
    assert courtesy() == 0.0
    web.goes_on(1.0, MANY * 2)
    assert courtesy() == REST
    web.goes_on(1.0, MANY / 2)
    assert courtesy() == 0.0


def test_answers_are_counted_now_and_then_and_not_for_every_mail() -> None:
    web = Web()
    courtesy = Courtesy(web.answered, lambda: web.time)
    for _ in range(1_000):
        web.goes_on(WINDOW / 100, MANY * 2)
        courtesy()
    assert web.asked <= 12
