// Package schemas holds the data that the project is driven by: the registry of
// areas, the catalogue of series and indicators, the dated parameters and the
// contracts of sources, each as files beside the code and embedded in FS, with
// strict loaders for them.
//
// A loader reads every file of its kind from an fs.FS, checks it whole and
// returns either the checked value or Problems, which name file, line, column
// and, for a misspelled word, the nearest known one. What a loader returned is
// read-only and safe for concurrent use. Nothing here does I/O except reading
// from the fs.FS handed in, and nothing reads a clock.
package schemas
