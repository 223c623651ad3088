"""`image-analyzer --version`."""

import click


def version_option() -> click.Option:
    """Says which version is installed, `0` for a checkout that nobody installed, and ends."""
    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show,
        help="Show the version and exit.",
    )


def _show(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    del parameter
    if not asked:
        return
    from telemetry.process_watch import product_version  # noqa: PLC0415 - keeps --help fast

    print(f"image-analyzer {product_version()}")
    context.exit()
