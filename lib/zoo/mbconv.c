/* The "mbconv:" networks: the search space of Accel-NASBench (Ahmad et al.,
 * github.com/afzalxo/Accel-NASBench), 28 integers for seven stages. */
#include "network.h"
#include "tessera/base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STAGE_COUNT 7
#define VALUES_A_STAGE 4
#define VALUE_COUNT (STAGE_COUNT * VALUES_A_STAGE)

static const struct {
  const char *what, *allowed;
  int64_t least, most;
} values[VALUES_A_STAGE] = {
    {"expansion", "an integer from 1 to 16", 1, 16},
    {"kernel", "an odd integer from 1 to 15", 1, 15},
    {"layers", "an integer from 1 to 32", 1, 32},
    {"squeeze-and-excite", "0 or 1", 0, 1},
};
enum { EXPANSION, KERNEL, LAYERS, SQUEEZE };

/* What all of these networks share; strides and channels stand here. */
static const tess_zoo_mobile_t frame = {
    .stem_activation = TESS_ZOO_RELU,
    .head_activation = TESS_ZOO_RELU,
    .gate = TESS_ZOO_HARD_SIGMOID,
    .stem = 32,
    .head = 1280,
    .classes = 1000,
    .stages = {{.stride = 1, .channels = 16},
               {.stride = 2, .channels = 24},
               {.stride = 2, .channels = 40},
               {.stride = 2, .channels = 80},
               {.stride = 1, .channels = 112},
               {.stride = 2, .channels = 192},
               {.stride = 1, .channels = 320}}};

static tess_status_t check_count(const char *list) {
  size_t count = *list ? 1 : 0;
  for (const char *p = list; *p; p++)
    count += *p == ',';
  if (count == VALUE_COUNT)
    return TESS_SUCCESS;
  return tess_error(TESS_INVALID,
                    "mbconv: needs %d comma-separated integers (expansion, "
                    "kernel, layers, squeeze-and-excite of %d stages), not %zu",
                    VALUE_COUNT, STAGE_COUNT, count);
}

/* Value `index` of the list is the `length` characters at `word`. */
static tess_status_t parse_value(const char *word, size_t length, int index,
                                 int64_t *value) {
  int which = index % VALUES_A_STAGE;
  char copy[24] = "";
  if (length < sizeof copy)
    memcpy(copy, word, length);
  bool fits = tess_parse_i64(copy, value) && *value >= values[which].least &&
              *value <= values[which].most;
  if (fits && (which != KERNEL || *value % 2 == 1))
    return TESS_SUCCESS;
  int shown = length < 40 ? (int)length : 40;
  return tess_error(TESS_INVALID,
                    "mbconv: value %d (%s of stage %d) is '%.*s', but must be "
                    "%s",
                    index + 1, values[which].what, index / VALUES_A_STAGE + 1,
                    shown, word, values[which].allowed);
}

/* The name in one spelling, whatever spaces or zeros the list was typed with.
 * At most two digits and a comma a value, so it fits. */
static void write_name(const int64_t *list, tess_zoo_network_t *network) {
  size_t used = (size_t)snprintf(network->name, sizeof network->name, "mbconv");
  for (int i = 0; i < VALUE_COUNT; i++)
    used += (size_t)snprintf(network->name + used, sizeof network->name - used,
                             "%c%" PRId64, i ? ',' : ':', list[i]);
}

tess_status_t tess_zoo_mbconv_parse(const char *list, tess_zoo_mobile_t *mobile,
                                    tess_zoo_network_t *network) {
  TESS_TRY(check_count(list));
  int64_t parsed[VALUE_COUNT];
  const char *word = list;
  for (int i = 0; i < VALUE_COUNT; i++) {
    size_t length = strcspn(word, ",");
    TESS_TRY(parse_value(word, length, i, &parsed[i]));
    word += length + 1;
  }
  *mobile = frame;
  for (int s = 0; s < STAGE_COUNT; s++) {
    const int64_t *value = parsed + s * VALUES_A_STAGE;
    mobile->stages[s].expansion = value[EXPANSION];
    mobile->stages[s].kernel = value[KERNEL];
    mobile->stages[s].layers = value[LAYERS];
    mobile->stages[s].squeeze = value[SQUEEZE] == 1;
    mobile->stages[s].activation = TESS_ZOO_RELU;
  }
  *network =
      (tess_zoo_network_t){.summary = "a network of the Accel-NASBench space",
                           .family = TESS_ZOO_FAMILY_MOBILE,
                           .mobile = mobile,
                           .resolution = 224,
                           .width = TESS_ZOO_ONE,
                           .depth = TESS_ZOO_ONE,
                           .squeeze_quarters = 1,
                           .epsilon = 1e-5};
  write_name(parsed, network);
  return TESS_SUCCESS;
}
