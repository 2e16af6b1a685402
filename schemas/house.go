package schemas

import (
	"embed"
)

// FS holds the files of this package: areas, catalogue, parameters, contracts.
//
//go:embed areas/*.csv series/*.yaml parameters.yaml indicators/*.yaml contracts/*.yaml
var FS embed.FS
