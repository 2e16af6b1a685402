package schemas

import (
	"embed"
)

// FS holds the files of this package: areas, catalogue, parameters, contracts, summaries.
//
//go:embed areas/*.csv series/*.yaml parameters.yaml indicators/*.yaml contracts/*.yaml summaries/*.yaml
var FS embed.FS
