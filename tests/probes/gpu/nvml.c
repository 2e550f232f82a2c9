/* A driver's library for tests: what it says is defined on the command line of the compiler. */
#ifndef FAIL_INIT
#define FAIL_INIT 0
#endif
#ifndef FAIL_SHUTDOWN
#define FAIL_SHUTDOWN 0
#endif
#ifndef FAIL_COUNT
#define FAIL_COUNT 0
#endif
#ifndef FAIL_HANDLE
#define FAIL_HANDLE 0
#endif
#ifndef DEVICES
#define DEVICES 1
#endif
#ifndef BUSY /* percent, where no sample says more */
#define BUSY 60
#endif
#ifndef USES /* entries: microsecond, process, percent */
#define USES
#endif
#ifndef LOADS /* entries: microsecond, 0, percent */
#define LOADS
#endif
#ifndef POWERS /* entries: microsecond, 0, milliwatts */
#define POWERS
#endif
#ifndef NO_USES
#define NO_USES 0
#endif
#ifndef TENANTS /* processes with a context */
#define TENANTS
#endif
#ifndef WATTS_COUNTED /* 0: no counter */
#define WATTS_COUNTED 300
#endif
#ifndef MIG
#define MIG 0
#endif
#ifndef GPM /* 1: of instances too, 2: of the device, 3: of nothing after all */
#define GPM 0
#endif
#ifndef LOST_AT /* microsecond; 0: never */
#define LOST_AT 0
#endif
#ifndef LOST_DEVICE
#define LOST_DEVICE 1
#endif
#ifndef BEGIN_US
#define BEGIN_US 0
#endif
#ifndef MUTE /* 1: neither utilisation nor power */
#define MUTE 0
#endif
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned int u32;
typedef unsigned long long u64;
typedef struct { u32 gpu, memory; } rates_t;
typedef struct { u64 total, free, used; } memory_t;
typedef struct { u32 pid; u64 at; u32 sm, mem, enc, dec; } use_t;
typedef struct { u64 at; u32 pid, sm, mem, enc, dec, jpg, ofa; } new_use_t;
typedef struct { u32 version, count; u64 since; new_use_t *uses; } new_uses_t;
typedef union { double d; u32 u; u64 ull; } value_t;
typedef struct { u64 at; value_t value; } sample_t;
typedef struct { u32 field, scope; long long at, latency; u32 type; int code; value_t value; } field_t;
typedef struct { u32 pid; u64 memory; u32 gpu_instance, compute_instance; } process_t;
typedef struct { u64 at; u32 instance; } gpm_sample_t;
typedef struct { u32 id; int code; double value; char *names[3]; } metric_t;
typedef struct { u32 version, count; gpm_sample_t *one, *two; metric_t metrics[1]; } metrics_t;
typedef struct { u32 version, supported; } gpm_t;
typedef struct { u64 at; u32 pid, share; } entry_t;

enum { LIST_END = 0, UNSUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, LOST = 15, FIRST_INSTANCE = 100 };

static const entry_t uses[] = { USES { 0, 0, 0 } };
static const entry_t loads[] = { LOADS { 0, 0, 0 } };
static const entry_t powers[] = { POWERS { 0, 0, 0 } };
static u64 now_us = BEGIN_US;
static int samples_held;

void fake_now(u64 at_us) { now_us = at_us; }
int fake_samples_held(void) { return samples_held; }

static long id(void *device) { return (long)device; }
static int gone(void *device) { return LOST_AT && now_us >= LOST_AT && id(device) == LOST_DEVICE; }
static int instance(void *device) { return id(device) >= FIRST_INSTANCE; }

static u32 newer(const entry_t *entries, u64 since, const entry_t **found) {
  u32 count = 0;
#ifdef LIVE /* one entry each tenth of a second, of Unix time: half of the device for a process */
  static entry_t live;
  struct timespec clock;
  clock_gettime(CLOCK_REALTIME, &clock);
  now_us = clock.tv_sec * 1000000ull + clock.tv_nsec / 1000;
  live = (entry_t){ now_us / 100000 * 100000, LIVE, entries == powers ? 200000 : 50 };
  found[0] = &live;
  return live.at > since;
#endif
  for (; entries->at; entries++)
    if (entries->at > since && (entries->at <= now_us || entries->at > 1ull << 60))
      found[count++] = entries;
  return count;
}

int nvmlInitWithFlags(u32 flags) { return FAIL_INIT; }
int nvmlShutdown(void) { return FAIL_SHUTDOWN; }
const char *nvmlErrorString(int code) { return "made for the test"; }
int nvmlDeviceGetCount_v2(u32 *count) { *count = DEVICES; return FAIL_COUNT; }
int nvmlDeviceGetHandleByIndex_v2(u32 index, void **device) {
  *device = (void *)(long)(index + 1);
  return FAIL_HANDLE;
}
int nvmlDeviceGetName(void *device, char *name, u32 length) {
  if (gone(device)) return LOST;
  strncpy(name, instance(device) ? "Test GPU MIG 1g.10gb" : "Test GPU", length);
  return 0;
}
int nvmlDeviceGetUUID(void *device, char *uuid, u32 length) {
  if (gone(device)) return LOST;
  strncpy(uuid, "GPU-604a", length);
  return 0;
}
int nvmlDeviceGetUtilizationRates(void *device, rates_t *rates) {
  if (gone(device)) return LOST;
  rates->gpu = BUSY;
  rates->memory = 10;
  return MIG || MUTE ? UNSUPPORTED : 0;
}
int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
  if (gone(device)) return LOST;
  memory->total = 100;
  memory->used = instance(device) ? 7 : 42;
  return 0;
}
int nvmlDeviceGetPowerUsage(void *device, u32 *milliwatts) {
  *milliwatts = 250000;
  return gone(device) ? LOST : MUTE ? UNSUPPORTED : 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void *device, u64 *millijoules) {
  *millijoules = 1000 + now_us / 1000 * WATTS_COUNTED;
  return gone(device) ? LOST : WATTS_COUNTED ? 0 : UNSUPPORTED;
}
int nvmlDeviceGetSamples(void *device, int kind, u64 since, u32 *type, u32 *count, sample_t *samples) {
  if (gone(device)) return LOST;
  const entry_t *found[64];
  u32 fresh = newer(kind == 1 ? loads : powers, since, found);
  *type = 1;
  if (!fresh) return NOT_FOUND;
  if (!samples) { *count = fresh; return 0; }
  for (u32 at = 0; at < fresh; at++) {
    samples[at].at = found[at]->at;
    samples[at].value.u = found[at]->share;
  }
  *count = fresh;
  return 0;
}
int nvmlDeviceGetProcessUtilization(void *device, use_t *out, u32 *count, u64 since) {
  if (gone(device)) return LOST;
  if (MIG || NO_USES) return UNSUPPORTED;
  const entry_t *found[64];
  u32 fresh = newer(uses, since, found);
  if (!fresh) return NOT_FOUND;
  if (*count < fresh) { *count = fresh; return TOO_SMALL; }
  for (u32 at = 0; at < fresh; at++)
    out[at] = (use_t){ .pid = found[at]->pid, .at = found[at]->at, .sm = found[at]->share };
  *count = fresh;
  return 0;
}
#ifdef NEWER
int nvmlDeviceGetProcessesUtilizationInfo(void *device, new_uses_t *out) {
  if (gone(device)) return LOST;
  if (MIG || NO_USES) return UNSUPPORTED;
  const entry_t *found[64];
  u32 fresh = newer(uses, out->since, found);
  if (!fresh) return 0;
  if (out->count < fresh) { out->count = fresh; return TOO_SMALL; }
  if (NEWER == TOO_SMALL) return TOO_SMALL;
  for (u32 at = 0; at < fresh; at++)
    out->uses[at] =
        (new_use_t){ .pid = found[at]->pid, .at = found[at]->at, .sm = found[at]->share };
  return 0;
}
#endif
#ifdef INSTANT_MILLIWATTS
int nvmlDeviceGetFieldValues(void *device, int count, field_t *fields) {
  fields[0].code = fields[0].field == 186 ? 0 : UNSUPPORTED;
  fields[0].value.u = INSTANT_MILLIWATTS;
  return 0;
}
#endif
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, u32 *count, process_t *processes) {
  static const u32 pids[] = { TENANTS };
  u32 all = sizeof pids / sizeof *pids;
  if (gone(device)) return LOST;
  if (id(device) == FIRST_INSTANCE + 1) all = 0;
  if (*count < all) { *count = all; return TOO_SMALL; }
  for (u32 at = 0; at < all; at++) processes[at] = (process_t){ .pid = pids[at] };
  *count = all;
  return 0;
}
int nvmlDeviceGetMigMode(void *device, u32 *now, u32 *later) {
  *now = *later = MIG;
  return MIG ? 0 : UNSUPPORTED;
}
int nvmlDeviceGetMaxMigDeviceCount(void *device, u32 *count) { *count = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *device, u32 index, void **found) {
  *found = (void *)(long)(FIRST_INSTANCE + index);
  return index < 2 ? 0 : NOT_FOUND;
}
int nvmlDeviceGetGpuInstanceId(void *device, u32 *number) {
  *number = 3 + id(device) - FIRST_INSTANCE;
  return 0;
}
int nvmlGpmQueryDeviceSupport(void *device, gpm_t *gpm) { gpm->supported = GPM > 0; return 0; }
int nvmlGpmSampleAlloc(gpm_sample_t **sample) {
  *sample = calloc(1, sizeof **sample);
  samples_held++;
  return 0;
}
int nvmlGpmSampleFree(gpm_sample_t *sample) { free(sample); samples_held--; return 0; }
int nvmlGpmSampleGet(void *device, gpm_sample_t *sample) {
  sample->at = now_us;
  return GPM == 3 ? UNSUPPORTED : 0;
}
int nvmlGpmMigSampleGet(void *device, u32 number, gpm_sample_t *sample) {
  sample->at = now_us;
  sample->instance = number;
  return GPM >= 2 ? UNSUPPORTED : 0;
}
int nvmlGpmMetricsGet(metrics_t *metrics) {
  metrics->metrics[0].code = metrics->two->at > metrics->one->at ? 0 : NOT_FOUND;
  metrics->metrics[0].value = metrics->one->instance == 4 ? 0.0 : 40.0;
  return 0;
}
