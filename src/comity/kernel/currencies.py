"""ISO 4217: the currency codes and how many digits each has after the point (its minor unit).

Source: ISO 4217 list one (current currencies and funds), as of 1 January 2026. Metals, drawing rights and test
codes are left out: they have no minor unit, so nothing can be owed in them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from comity.kernel.errors import Invalid
from comity.kernel.words import words

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DIGITS = "CLF UYW"
_TWO_DIGITS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
    COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
# Withdrawn since 2018 (ISO 4217 list three). Deals closed before then still carry them, so they stay readable.
_WITHDRAWN = "ANG BGN CUC HRK MRO SLL STD VEF ZWL"


def _table() -> dict[str, int]:
    digits = dict.fromkeys(f"{_TWO_DIGITS} {_WITHDRAWN}".split(), 2)
    digits |= dict.fromkeys(_NO_DIGITS.split(), 0)
    digits |= dict.fromkeys(_THREE_DIGITS.split(), 3) | dict.fromkeys(_FOUR_DIGITS.split(), 4)
    return dict(sorted(digits.items()))


MINOR_UNITS: Final[Mapping[str, int]] = MappingProxyType(_table())
"""Currency code -> digits after the point (0, 2, 3 or 4), in alphabetical order."""

WITHDRAWN: Final[frozenset[str]] = frozenset(_WITHDRAWN.split())
"""Codes that past facts may carry, but that a form should no longer offer."""


class UnknownCurrency(Invalid):
    """The code is not in ISO 4217, or has no minor unit. Detail: `currency`."""

    code, title = "unknown_currency", words("Unknown currency")


def minor_units(currency: str) -> int:
    """Digits after the point of this currency. Raises UnknownCurrency."""
    try:
        return MINOR_UNITS[currency]
    except KeyError:
        raise UnknownCurrency(
            words(
                "“%(currency)s” is not a currency code of ISO 4217. Use three capital letters, such as EUR.",
                currency=currency,
            ),
            currency=currency,
        ) from None
