package schemas

import (
	"embed"
)

// FS holds the files of this package: areas, catalogue with its lock, parameters,
// contracts, summaries.
//
// What is made from the catalogue is made by `make generate`: the lock, and
// docs/indicators.md.
//
//go:generate go run ./gen
//go:embed areas/*.csv series/*.yaml parameters.yaml indicators.lock indicators/*.yaml contracts/*.yaml summaries/*.yaml
var FS embed.FS
