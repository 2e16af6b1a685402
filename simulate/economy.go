package simulate

// economyRegisters are the exports about the economy: enterprises, investment, procurement, crops.
func economyRegisters() []register {
	return nil
}
