package template

import (
	"fmt"
	"strings"
)

// zones is how many availability zones a region with zones has.
const zones = 3

// zonal are the types whose resources are put into zones; services that spread themselves over zones are not among
// them, and pickZones gives [] for these.
// https://learn.microsoft.com/azure/reliability/availability-zones-service-support
var zonal = map[string]bool{
	"microsoft.apimanagement/service": true, "microsoft.cache/redis": true, "microsoft.compute/disks": true, "microsoft.compute/hostgroups": true,
	"microsoft.compute/virtualmachines": true, "microsoft.compute/virtualmachinescalesets": true, "microsoft.containerinstance/containergroups": true,
	"microsoft.containerservice/managedclusters": true, "microsoft.dbformysql/flexibleservers": true, "microsoft.dbforpostgresql/flexibleservers": true,
	"microsoft.hdinsight/clusters": true, "microsoft.kusto/clusters": true, "microsoft.netapp/netappaccounts/capacitypools/volumes": true,
	"microsoft.network/applicationgateways": true, "microsoft.network/azurefirewalls": true, "microsoft.network/bastionhosts": true,
	"microsoft.network/loadbalancers": true, "microsoft.network/natgateways": true, "microsoft.network/publicipaddresses": true,
	"microsoft.network/publicipprefixes": true, "microsoft.network/virtualnetworkgateways": true, "microsoft.storage/storageaccounts": true,
}

// zoneless are the regions that have no zones.
// https://learn.microsoft.com/azure/reliability/regions-list
var zoneless = map[string]bool{
	"australiacentral": true, "australiacentral2": true, "australiasoutheast": true, "brazilsoutheast": true, "canadaeast": true, "francesouth": true,
	"germanynorth": true, "jioindiacentral": true, "jioindiawest": true, "koreasouth": true, "northcentralus": true, "norwaywest": true,
	"southafricawest": true, "southindia": true, "swedensouth": true, "switzerlandwest": true, "uaecentral": true, "ukwest": true,
	"westcentralus": true, "westindia": true, "westus": true,
}

// pickZones gives the first zones for a resource, or [] where its type or region has none.
func pickZones(_ *frame, c call) (any, error) {
	var text [3]string
	for i := range text {
		var err error
		if text[i], err = c.str(i); err != nil {
			return nil, err
		}
	}
	n, err := c.integerOr(3, 1)
	if err != nil {
		return nil, err
	}
	skip, err := c.integerOr(4, 0)
	if err != nil {
		return nil, err
	}
	if n < 1 || skip < 0 || n+skip > zones {
		return nil, c.fail("expects its parameters to name %d zones at most", zones)
	}
	region := strings.ToLower(strings.ReplaceAll(text[2], " ", ""))
	if !zonal[strings.ToLower(text[0]+"/"+text[1])] || zoneless[region] {
		return []any{}, nil
	}
	out := make([]any, n)
	for i := range out {
		out[i] = fmt.Sprint(skip + int64(i) + 1)
	}
	return out, nil
}

// Logical zone N of every subscription is physical zone LOCATION-azN.
func toLogicalZone(_ *frame, c call) (any, error)  { return c.zone(2, c.args[2]) }
func toPhysicalZone(_ *frame, c call) (any, error) { return c.physical(2, c.args[2]) }

// placed is the location that the call is given, and one zone.
func (c call) placed(i int, v any) (location, zone string, err error) {
	if location, err = c.str(1); err != nil {
		return "", "", err
	}
	zone, ok := v.(string)
	if !ok {
		return "", "", c.expected(i, "String")
	}
	return location, zone, nil
}

func (c call) zone(i int, v any) (any, error) {
	location, s, err := c.placed(i, v)
	if err != nil {
		return nil, err
	}
	n, ok := strings.CutPrefix(strings.ToLower(s), strings.ToLower(location)+"-az")
	if !ok {
		return "", nil
	}
	return n, nil
}

func (c call) physical(i int, v any) (any, error) {
	location, s, err := c.placed(i, v)
	if err != nil {
		return nil, err
	}
	if s == "" {
		return "", nil
	}
	return strings.ToLower(location) + "-az" + s, nil
}

func (c call) eachZone(one func(int, any) (any, error)) (any, error) {
	a, err := c.array(2)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(a))
	for i, v := range a {
		if out[i], err = one(2, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func toLogicalZones(_ *frame, c call) (any, error)  { return c.eachZone(c.zone) }
func toPhysicalZones(_ *frame, c call) (any, error) { return c.eachZone(c.physical) }
