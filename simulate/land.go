package simulate

// landRegisters are the exports about money and land: taxes, budgets, livestock, pastures.
func landRegisters() []register {
	return nil
}
