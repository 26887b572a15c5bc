-- An Application is as healthy as what it deploys: what Argo CD itself said up to version 1.8. But what has no health of its
-- own counts as healthy before it is there. So what syncs by itself must also have been synced. And what has been compared must be
-- what is asked for: until Argo CD has looked at a new version, it tells the health of the old one (argo-cd 29649).
hs = {status = "Progressing", message = ""}
if obj.status ~= nil and obj.status.health ~= nil then
  hs.status = obj.status.health.status
  if obj.status.health.message ~= nil then hs.message = obj.status.health.message end
end

-- same compares as Argo CD keeps it: what is empty, false or null may be left out, and so may a mapping of nothing else.
local function empty(v)
  if type(v) == "table" then
    for _, inner in pairs(v) do
      if not empty(inner) then return false end
    end
    return true
  end
  return v == nil or v == "" or v == false or v == 0
end
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b or empty(a) and empty(b) end
  for k, v in pairs(a) do
    if not same(v, b[k]) then return false end
  end
  for k, v in pairs(b) do
    if a[k] == nil and not empty(v) then return false end
  end
  return true
end

-- stale reports whether the comparison is of another source or destination than the Application asks for. Of a destination, Argo CD
-- may add the name of a server or its address; a hydrated source is not in the spec; and what is not reconciled is never compared.
local function stale()
  local compared = obj.status ~= nil and obj.status.sync ~= nil and obj.status.sync.comparedTo or nil
  local annotations = obj.metadata ~= nil and obj.metadata.annotations or {}
  if compared == nil or obj.spec.sourceHydrator ~= nil or annotations["argocd.argoproj.io/skip-reconcile"] == "true" then return false end
  if not empty(obj.spec.sources) then
    if not same(obj.spec.sources, compared.sources) then return true end
  elseif not same(obj.spec.source, compared.source) then
    return true
  end
  for _, key in ipairs({"server", "name", "namespace"}) do
    local now, was = (obj.spec.destination or {})[key], (compared.destination or {})[key]
    if not empty(now) and not empty(was) and now ~= was then return true end
  end
  return false
end

-- asks reports whether all that is asked for is applied, and what is to be removed waits until somebody confirms that. Argo CD's Lua has
-- no functions for text, but an order of it.
local function asks(sync)
  local message = sync ~= nil and sync.phase == "Running" and sync.message or ""
  if message < "Waiting for pruning confirmation of" or message > "Waiting for pruning confirmation og"
      or sync.syncResult == nil or obj.status.sync == nil then
    return false
  end
  -- It may have begun before somebody asked for it, or go on with a commit after which there are others.
  if not same(obj.spec.source, sync.syncResult.source) and sync.syncResult.revision ~= obj.status.sync.revision then return false end
  for _, option in ipairs(obj.spec.syncPolicy.syncOptions or {}) do
    if option == "PruneLast=true" then return true end
  end
  return false
end

if (hs.status == "Healthy" or hs.status == "Degraded") and stale() then
  hs = {status = "Progressing", message = "not compared yet with what is asked for"}
elseif hs.status == "Healthy" and obj.spec.syncPolicy ~= nil and obj.spec.syncPolicy.automated ~= nil
    and (obj.status.sync == nil or obj.status.sync.status ~= "Synced")
    and not asks(obj.status.operationState) then
  local sync = obj.status.operationState
  if obj.operation ~= nil or sync == nil or sync.phase == "Running" or sync.phase == "Terminating" then
    hs = {status = "Progressing", message = "not synced yet"}
  elseif sync.phase ~= "Succeeded" then
    hs = {status = "Degraded", message = sync.message or "the last sync failed"}
  elseif sync.finishedAt ~= nil and obj.status.reconciledAt ~= nil and sync.finishedAt >= obj.status.reconciledAt then
    hs = {status = "Progressing", message = "not compared yet since it was synced"}
  end
end
return hs
