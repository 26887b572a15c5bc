error 'a library is not rendered'
