package simulate

// peopleRegisters are the exports about people: labor market, assistance, families, staff.
func peopleRegisters() []register {
	return nil
}
