// Batch account, identity and autoscaling container pool for GeoCatalog Flows. `provision.sh` beside this file deploys it
// and assigns the roles. Only Azure Resource Manager can give a pool its identity: the Batch API and `az batch pool` cannot.

@description('Region of everything.')
param location string = resourceGroup().location

@description('Name of the Batch account: 3 to 24 small letters and digits.')
param accountName string

@description('Name of the user-assigned identity that nodes sign in as.')
param identityName string = 'geocatalog-flows-nodes'

@description('Name of the pool.')
param poolName string = 'geocatalog-flows'

@description('Size of a node. A flow run needs one core and 1 GB of memory.')
param vmSize string = 'Standard_D2s_v5'

@description('Flow runs at once on a node.')
@minValue(1)
@maxValue(256)
param slotsPerNode int = 2

@description('Most nodes; the quota of cores of the account bounds it too.')
param maxNodes int = 20

@description('Container image, such as REGISTRY.azurecr.io/geocatalog-flows:1; nodes pull it before their first run.')
param image string

@description('Server of the registry, such as REGISTRY.azurecr.io; the identity pulls from it.')
param registryServer string

@description('Subnet of the nodes, as a resource id: for a private Prefect API or PostgreSQL. Empty: none.')
param subnetId string = ''

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
}

resource account 'Microsoft.Batch/batchAccounts@2024-07-01' = {
  name: accountName
  location: location
  properties: {
    poolAllocationMode: 'BatchService'
    allowedAuthenticationModes: [ 'AAD' ] // no account keys: nothing to leak
  }
}

// As many slots as tasks wait or run, in the mean of 5 minutes; a node goes when its tasks have ended.
var formula = '''
samples = $PendingTasks.GetSamplePercent(TimeInterval_Minute * 5);
pending = samples < 70 ? max(0, $PendingTasks.GetSample(1)) : max($PendingTasks.GetSample(1), avg($PendingTasks.GetSample(TimeInterval_Minute * 5)));
$TargetDedicatedNodes = min({0}, max(0, (pending + {1} - 1) / {1}));
$NodeDeallocationOption = taskcompletion;
'''

resource pool 'Microsoft.Batch/batchAccounts/pools@2024-07-01' = {
  parent: account
  name: poolName
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    vmSize: vmSize
    taskSlotsPerNode: slotsPerNode
    taskSchedulingPolicy: { nodeFillType: 'Spread' }
    targetNodeCommunicationMode: 'Simplified'
    deploymentConfiguration: {
      virtualMachineConfiguration: {
        imageReference: { publisher: 'microsoft-dsvm', offer: 'ubuntu-hpc', sku: '2204', version: 'latest' }
        nodeAgentSkuId: 'batch.node.ubuntu 22.04'
        containerConfiguration: {
          type: 'DockerCompatible'
          containerImageNames: [ image ]
          containerRegistries: [
            { registryServer: registryServer, identityReference: { resourceId: identity.id } }
          ]
        }
      }
    }
    networkConfiguration: empty(subnetId) ? null : { subnetId: subnetId }
    scaleSettings: {
      autoScale: { formula: format(formula, maxNodes, slotsPerNode), evaluationInterval: 'PT5M' }
    }
  }
}

output batchAccountUrl string = 'https://${account.properties.accountEndpoint}'
output poolName string = pool.name
output identityClientId string = identity.properties.clientId
output identityResourceId string = identity.id
output identityPrincipalId string = identity.properties.principalId
