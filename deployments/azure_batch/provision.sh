#!/bin/sh
# Deploys main.bicep and assigns the roles, with your own `az login`. Run it again after a change: it changes what differs.
#   GROUP=rg ACCOUNT=mybatch REGISTRY=myregistry GEOCATALOG=/subscriptions/.../geoCatalogs/NAME sh deployments/azure_batch/provision.sh
# Optional: LOCATION, VAULT (resource id of a Key Vault), STORAGE (of a storage account that scripts read), SUBNET, TAG.
set -eu
: "${GROUP:?resource group}" "${ACCOUNT:?name of the Batch account}" "${REGISTRY:?name of the container registry}"
: "${GEOCATALOG:?resource id of the GeoCatalog}"
image="$REGISTRY.azurecr.io/geocatalog-flows:${TAG:-1}"

az group create --name "$GROUP" --location "${LOCATION:-westeurope}" --output none
az acr show --name "$REGISTRY" --output none 2>/dev/null ||
  az acr create --resource-group "$GROUP" --name "$REGISTRY" --sku Basic --output none
az acr build --registry "$REGISTRY" --image "geocatalog-flows:${TAG:-1}" --file deployments/Containerfile .

az deployment group create --resource-group "$GROUP" --name geocatalog-flows --output none \
  --template-file deployments/azure_batch/main.bicep \
  --parameters accountName="$ACCOUNT" image="$image" registryServer="$REGISTRY.azurecr.io" subnetId="${SUBNET:-}"
output() {
  az deployment group show --resource-group "$GROUP" --name geocatalog-flows --query "properties.outputs.$1.value" --output tsv
}

grant() { # role, scope, principal, kind; done before is no error
  az role assignment create --role "$1" --scope "$2" --assignee-object-id "$3" --assignee-principal-type "$4" --output none
}
nodes=$(output identityPrincipalId)
me=$(az ad signed-in-user show --query id --output tsv)
grant "GeoCatalog Administrator" "$GEOCATALOG" "$nodes" ServicePrincipal
grant AcrPull "$(az acr show --name "$REGISTRY" --query id --output tsv)" "$nodes" ServicePrincipal
[ -z "${VAULT:-}" ] || grant "Key Vault Secrets User" "$VAULT" "$nodes" ServicePrincipal
[ -z "${STORAGE:-}" ] || grant "Storage Blob Data Reader" "$STORAGE" "$nodes" ServicePrincipal
# whoever runs the worker submits and ends tasks
account=$(az batch account show --resource-group "$GROUP" --name "$ACCOUNT" --query id --output tsv)
grant "Azure Batch Data Contributor" "$account" "$me" User

echo "Put this into .env, and into the form of the work pool:"
echo "GEOCATALOG_BATCH_URL=$(output batchAccountUrl)"
echo "GEOCATALOG_BATCH_POOL=$(output poolName)"
echo "GEOCATALOG_BATCH_IDENTITY=$(output identityClientId)"
echo "GEOCATALOG_BATCH_IMAGE=$image"
echo "# Identity, resource id (work pool): $(output identityResourceId)"
