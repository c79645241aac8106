import pytest

from models.spectral_index import INDICES, SpectralIndex, band_names


def test_an_index_is_named_or_written_out():
    assert SpectralIndex.named(" NDVI ").expression == INDICES["ndvi"]
    assert SpectralIndex.named("(B03-B11)/(B03+B11)").name == "custom"


@pytest.mark.parametrize("name", INDICES)
def test_every_named_index_is_an_expression_over_bands(name):
    assert "B08" in band_names(SpectralIndex.named(name).expression)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ndvii", "there is no index 'ndvii'"),
        ("B99+B08", "names B99"),
        ("SCL+1", "names no band"),
        ("B08;B04", "is not an expression"),
        ("B08.real", "has a Attribute"),
        ("B08.real()", "has a Attribute"),
        ("B08+'x'", "holds 'x'"),
        ("", "is not an expression"),
        ("eval(B08)", "names eval"),
    ],
)
def test_what_is_no_index_is_refused_in_a_sentence(text, said):
    with pytest.raises(ValueError, match=said):
        SpectralIndex.named(text)
