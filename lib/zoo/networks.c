/* The table of named networks, and finding a network by name. */
#include "network.h"
#include "tessera/base/text.h"
#include "tessera/zoo/zoo.h"
#include <string.h>

/* efficientnet-b0: Tan and Le, "EfficientNet" (arXiv 1905.11946), table 1, with
 * torchvision's batch-norm epsilon and squeeze width (a quarter of the block's
 * input channels). */
static const tess_zoo_network_t networks[] = {
    {.name = "efficientnet-b0",
     .summary = "EfficientNet-B0: MBConv, swish, squeeze-and-excite",
     .resolution = 224,
     .activation = TESS_ZOO_SWISH,
     .gate = TESS_ZOO_SIGMOID,
     .epsilon = 1e-5,
     .stem = 32,
     .head = 1280,
     .classes = 1000,
     .squeeze_divisor = 4,
     .stages = {{1, 3, 1, 16, 1, true},
                {6, 3, 2, 24, 2, true},
                {6, 5, 2, 40, 2, true},
                {6, 3, 2, 80, 3, true},
                {6, 5, 1, 112, 3, true},
                {6, 5, 2, 192, 4, true},
                {6, 3, 1, 320, 1, true}}},
};

#define NETWORK_COUNT (sizeof networks / sizeof networks[0])

size_t tess_zoo_count(void) { return NETWORK_COUNT; }

const char *tess_zoo_name(size_t index) {
  return index < NETWORK_COUNT ? networks[index].name : NULL;
}

const char *tess_zoo_summary(size_t index) {
  return index < NETWORK_COUNT ? networks[index].summary : NULL;
}

static tess_status_t unknown_network(const char *name) {
  const char *names[NETWORK_COUNT + 1];
  for (size_t i = 0; i < NETWORK_COUNT; i++)
    names[i] = networks[i].name;
  names[NETWORK_COUNT] = "mbconv:";
  const char *nearest = tess_nearest(name, names, NETWORK_COUNT + 1);
  if (nearest)
    return tess_error(TESS_NOT_FOUND,
                      "no network is called '%.64s'; did you mean '%s'?", name,
                      nearest);
  return tess_error(TESS_NOT_FOUND,
                    "no network is called '%.64s'; there is '%s', or 'mbconv:' "
                    "with 28 comma-separated integers",
                    name, networks[0].name);
}

tess_status_t tess_zoo_network_find(const char *name,
                                    tess_zoo_network_t *network) {
  static const char prefix[] = "mbconv:";
  if (!strncmp(name, prefix, sizeof prefix - 1))
    return tess_zoo_mbconv_parse(name + sizeof prefix - 1, network);
  for (size_t i = 0; i < NETWORK_COUNT; i++)
    if (!strcmp(name, networks[i].name)) {
      *network = networks[i];
      return TESS_SUCCESS;
    }
  return unknown_network(name);
}
