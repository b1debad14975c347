# Turns files into a C file of byte arrays and one table that names them:
#   cmake -DFILES=a.json,b.json -DOUTPUT=out.c -P embed.cmake
string(REPLACE "," ";" files "${FILES}")
set(arrays "")
set(rows "")
set(index 0)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WLE)
  file(READ ${file} hex HEX)
  if(hex STREQUAL "")
    message(FATAL_ERROR "${file} is empty")
  endif()
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  # Lines of 15 bytes.
  string(REGEX REPLACE
    "(.....................................................................)......"
    "\\0\n    " bytes "${bytes}")
  string(APPEND arrays
    "static const unsigned char file_${index}[] = {\n    ${bytes}};\n")
  string(APPEND rows "    {\"${name}\", file_${index}, sizeof(file_${index})},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT}
  "/* Written by embed.cmake. */\n"
  "#include \"embedded.h\"\n\n${arrays}\n"
  "const tess_embedded_t tess_embedded_targets[] = {\n${rows}};\n"
  "const size_t tess_embedded_target_count = ${index};\n")
