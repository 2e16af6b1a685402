// Package export writes packages of open data for strangers: one folder with CSV described by a Data Package of Frictionless,
// the same cells as SDMX-CSV and Parquet, and a README in three languages. It asks nobody: the cells are handed to it.
//
// What holds for every package:
//   - A cell of status C has no value, numerator, denominator or coverage in any format, whatever the reader handed over.
//   - Of an indicator with small numbers (sensitive) numerators and denominators are left out: counts below a ratio.
//   - Synthetic cells say so in the column origin, and the package says so on its first page.
//   - The same cells under the same vintage give the same bytes: no clock, no map order, no machine's name goes in.
//   - The folder appears whole or not at all: it is written as DIR.part and renamed.
package export
