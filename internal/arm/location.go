package arm

import "strings"

// Location is one region of Azure's public cloud. Resources here all live in this server; the
// region is kept since templates name it and compare it.
type Location struct{ Name, DisplayName, Geography string }

var locations = []Location{
	{"australiacentral", "Australia Central", "Asia Pacific"}, {"australiaeast", "Australia East", "Asia Pacific"},
	{"australiasoutheast", "Australia Southeast", "Asia Pacific"}, {"austriaeast", "Austria East", "Europe"},
	{"brazilsouth", "Brazil South", "South America"}, {"canadacentral", "Canada Central", "Canada"},
	{"canadaeast", "Canada East", "Canada"}, {"centralindia", "Central India", "Asia Pacific"},
	{"centralus", "Central US", "US"}, {"chilecentral", "Chile Central", "South America"},
	{"eastasia", "East Asia", "Asia Pacific"}, {"eastus", "East US", "US"}, {"eastus2", "East US 2", "US"},
	{"francecentral", "France Central", "Europe"}, {"francesouth", "France South", "Europe"},
	{"germanynorth", "Germany North", "Europe"}, {"germanywestcentral", "Germany West Central", "Europe"},
	{"indonesiacentral", "Indonesia Central", "Asia Pacific"}, {"israelcentral", "Israel Central", "Middle East"},
	{"italynorth", "Italy North", "Europe"}, {"japaneast", "Japan East", "Asia Pacific"},
	{"japanwest", "Japan West", "Asia Pacific"}, {"koreacentral", "Korea Central", "Asia Pacific"},
	{"koreasouth", "Korea South", "Asia Pacific"}, {"malaysiawest", "Malaysia West", "Asia Pacific"},
	{"mexicocentral", "Mexico Central", "Mexico"}, {"newzealandnorth", "New Zealand North", "Asia Pacific"},
	{"northcentralus", "North Central US", "US"}, {"northeurope", "North Europe", "Europe"},
	{"norwayeast", "Norway East", "Europe"}, {"norwaywest", "Norway West", "Europe"},
	{"polandcentral", "Poland Central", "Europe"}, {"qatarcentral", "Qatar Central", "Middle East"},
	{"southafricanorth", "South Africa North", "Africa"}, {"southafricawest", "South Africa West", "Africa"},
	{"southcentralus", "South Central US", "US"}, {"southeastasia", "Southeast Asia", "Asia Pacific"},
	{"southindia", "South India", "Asia Pacific"}, {"spaincentral", "Spain Central", "Europe"},
	{"swedencentral", "Sweden Central", "Europe"}, {"swedensouth", "Sweden South", "Europe"},
	{"switzerlandnorth", "Switzerland North", "Europe"}, {"switzerlandwest", "Switzerland West", "Europe"},
	{"uaecentral", "UAE Central", "Middle East"}, {"uaenorth", "UAE North", "Middle East"},
	{"uksouth", "UK South", "Europe"}, {"ukwest", "UK West", "Europe"}, {"westcentralus", "West Central US", "US"},
	{"westeurope", "West Europe", "Europe"}, {"westindia", "West India", "Asia Pacific"},
	{"westus", "West US", "US"}, {"westus2", "West US 2", "US"}, {"westus3", "West US 3", "US"},
}

var locationNames = func() (names []string) {
	for _, l := range locations {
		names = append(names, l.Name)
	}
	return names
}()

// Locations are the regions, in order of their names.
func Locations() []Location { return append([]Location(nil), locations...) }

// LocationNames are the regions' names, not to be changed.
func LocationNames() []string { return locationNames }

// NormalLocation is the name of a region that is given by name or display name: "West Europe" is westeurope.
func NormalLocation(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }

// LocationDisplayName is "West Europe" for westeurope, and name itself for an unknown one.
func LocationDisplayName(name string) string {
	for _, l := range locations {
		if l.Name == name {
			return l.DisplayName
		}
	}
	return name
}
