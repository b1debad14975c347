/* The entry point that mlir-opt looks for in a pass plugin. */
#include "passes.h"
#include "tessera/tessera.h"
#include <stdint.h>

/* mlir/Tools/Plugins/PassPlugin.h, PassPluginLibraryInfo, API version 1. */
typedef struct plugin_info {
  uint32_t api_version;
  const char *name;
  const char *version;
  void (*register_passes)(void);
} plugin_info_t;

plugin_info_t mlirGetPassPluginInfo(void);

plugin_info_t mlirGetPassPluginInfo(void) {
  return (plugin_info_t){1, "Tessera", TESSERA_VERSION, tess_passes_register};
}
