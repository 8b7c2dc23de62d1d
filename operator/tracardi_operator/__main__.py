"""`python -m tracardi_operator` is the command `tracardi-operator`."""

from tracardi_operator.cli import PROGRAM, main

if __name__ == "__main__":
    main(prog_name=PROGRAM)
