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
