package auyl

// The types of the vocabulary read themselves from text, so that files of
// configuration and catalogue are checked where they are read.

// UnmarshalText reads the name of a level. Errors: ErrSyntax.
func (l *Level) UnmarshalText(b []byte) (err error) {
	*l, err = ParseLevel(string(b))
	return err
}

// UnmarshalText reads the letter of a frequency. Errors: ErrSyntax.
func (f *Freq) UnmarshalText(b []byte) (err error) {
	*f, err = ParseFreq(string(b))
	return err
}

// UnmarshalText reads the letter of a status. Errors: ErrSyntax.
func (s *Status) UnmarshalText(b []byte) (err error) {
	*s, err = ParseStatus(string(b))
	return err
}

// UnmarshalText reads real or synthetic. Errors: ErrSyntax.
func (o *Origin) UnmarshalText(b []byte) (err error) {
	*o, err = ParseOrigin(string(b))
	return err
}

// UnmarshalText reads the name of a rank. Errors: ErrSyntax.
func (r *Rank) UnmarshalText(b []byte) (err error) {
	*r, err = ParseRank(string(b))
	return err
}

// UnmarshalText reads the name of a series. Errors: ErrSyntax.
func (s *SeriesID) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSeriesID(string(b))
	return err
}

// UnmarshalText reads the name of an indicator. Errors: ErrSyntax.
func (i *IndicatorID) UnmarshalText(b []byte) (err error) {
	*i, err = ParseIndicatorID(string(b))
	return err
}

// UnmarshalText reads the name of a source. Errors: ErrSyntax.
func (s *SourceID) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSourceID(string(b))
	return err
}

// UnmarshalText reads dimensions and puts them into canonical order. Errors: ErrSyntax.
func (d *Dims) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDims(string(b))
	return err
}

// UnmarshalText reads YYYY-MM-DD. Errors: ErrSyntax, ErrRange.
func (d *Day) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDay(string(b))
	return err
}

// MarshalText writes the name of the level.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// MarshalText writes the letter of the frequency.
func (f Freq) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// MarshalText writes the letter of the status.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText writes real or synthetic.
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// MarshalText writes the name of the rank.
func (r Rank) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalText writes YYYY-MM-DD.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalJSON writes the number as it was published, without trailing zeros.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a number. Errors: ErrSyntax, ErrRange.
func (d *Decimal) UnmarshalJSON(b []byte) (err error) {
	*d, err = ParseDecimal(string(b))
	return err
}
