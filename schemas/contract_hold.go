package schemas

import "slices"

// Hold says what holds a delivery back when it is held against the one before of
// the same name. The zero value makes all checks.
type Hold struct {
	Off   []string `yaml:"off"`   // checks that are not made, of HoldChecks
	Rows  float64  `yaml:"rows"`  // share of the rows of the one before, per period, below which it is held back; 0 is 0.5
	Areas float64  `yaml:"areas"` // share of the areas of the one before that may be missing; 0 is 0.3
}

// The checks that hold a delivery back: names of reasons, too.
const (
	HoldRepeated     = "page_repeated"
	HoldUnit         = "unit_jump"
	HoldAreas        = "areas_missing"
	HoldRows         = "rows_missing"
	HoldDistribution = "distribution"
	HoldFaults       = "faults_rose"
)

// HoldChecks lists the checks that hold a delivery back.
func HoldChecks() []string {
	return []string{HoldRepeated, HoldUnit, HoldAreas, HoldRows, HoldDistribution, HoldFaults}
}

// Holds reports whether a check is made.
func (c *Contract) Holds(check string) bool {
	return c.Hold == nil || !slices.Contains(c.Hold.Off, check)
}

// HoldShares returns the shares of rows and areas that hold a delivery back.
func (c *Contract) HoldShares() (rows, areas float64) {
	rows, areas = 0.5, 0.3
	if c.Hold != nil && c.Hold.Rows > 0 {
		rows = c.Hold.Rows
	}
	if c.Hold != nil && c.Hold.Areas > 0 {
		areas = c.Hold.Areas
	}
	return rows, areas
}
