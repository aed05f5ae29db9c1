package snapshot

// Logger is where log-to-eventhub and diagnostics send to.
type Logger struct {
	ID   string
	Type string // applicationInsights, azureEventHub or azureMonitor
	Name string // of the event hub
}
