{ text: 'local' }
