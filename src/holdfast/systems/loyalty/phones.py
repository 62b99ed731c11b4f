"""Telephone numbers: read as people of a country write them, kept in the one form that the whole world shares."""

import phonenumbers

from holdfast.kernel.problems import Invalid


class NotAPhone(Invalid):
    """This cannot be a telephone number."""


def e164(written: str, country: str) -> str:
    """The number in E.164, such as ``+51987654321``.

    Args:
        written: as a person typed it, with or without the country's code.
        country: ISO 3166 code of the country whose numbers need no code, the business's own.

    Raises:
        NotAPhone: no such number exists; the detail says what is wrong with it.
    """
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException as error:
        raise NotAPhone(_SAID.get(error.error_type, "It is not a number."), field="phone") from None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise NotAPhone(_WRONG.get(reason, "Its length is wrong."), field="phone")
    if not phonenumbers.is_valid_number(number):
        region = phonenumbers.region_code_for_country_code(number.country_code or 0)
        raise NotAPhone(f"No number of {region} looks like this; check its digits.", field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_SAID = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "The code of its country does not exist.",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "It is too short.",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "It is too short.",
    phonenumbers.NumberParseException.TOO_LONG: "It is too long.",
}
_WRONG = {
    phonenumbers.ValidationResult.TOO_SHORT: "It is too short.",
    phonenumbers.ValidationResult.TOO_LONG: "It is too long.",
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "The code of its country does not exist.",
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "It lacks its area code.",
    phonenumbers.ValidationResult.INVALID_LENGTH: "It has too few or too many digits.",
}


def prefix(written: str, country: str) -> str | None:
    """How E.164 numbers that begin like this begin; None when no digits were written."""
    digits = "".join(character for character in written if character.isascii() and character.isdigit())
    if not digits:
        return None
    if written.strip().startswith("+"):
        return f"+{digits}"
    return f"+{phonenumbers.country_code_for_region(country)}{digits}"
