"""Run the benchmarks that are named, or all."""

import sys

from benchmarks import calibration, doors, forecast, kit, lists, money, rules, shares, simulate, start, study

ALL = {
    "simulate": simulate.measure,
    "shares": shares.measure,
    "study": study.measure,
    "forecast": forecast.measure,
    "doors": doors.measure,
    "start": start.measure,
    "lists": lists.measure,
    "money": money.measure,
    "kit": kit.measure,
    "rules": rules.measure,
    "calibration": calibration.measure,
}


def main(names: list[str]) -> None:
    """Measure, and say which figure stays under what it has to reach."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        sys.exit(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(ALL)}.")
    short = [line for name in names or ALL for line in ALL[name]() if not line.reached]
    for line in short:
        print(f"NOT REACHED: {line.name}")
    sys.exit(bool(short))


if __name__ == "__main__":
    main(sys.argv[1:])
